"""Training trials: what we build must train in the trainers people use."""
