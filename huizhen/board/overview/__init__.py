"""Overview: figures over all consultations of a centre or an organisation. Reads only."""
