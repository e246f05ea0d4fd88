"""The output of a build that failed, or did not: what was compiled, why, and on which host. Pure."""
