"""What finds the way in the house: `huizhen where`, the map of features, the drawings of flows."""
