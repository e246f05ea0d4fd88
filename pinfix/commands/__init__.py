"""The commands of pinfix, one module each: arguments to a job, its result to output."""
