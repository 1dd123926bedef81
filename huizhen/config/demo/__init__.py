"""The demonstration: sample people, cases and log-ins. Each feature adds its part, listed in `wiring.DEMONSTRATION`."""
