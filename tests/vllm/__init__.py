"""Real vLLM on this machine's CPU, in an environment of its own (`make test-vllm`)."""
