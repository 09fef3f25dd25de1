"""Pure. What the team knows: its articles, cut into passages, searched, graded and calibrated."""
