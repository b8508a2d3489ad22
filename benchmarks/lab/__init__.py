"""A laboratory for the science benchmark: simulated worlds, people who judge in them, and what is learnt."""
