"""Speed and memory, one line a figure, each with a ratio to a limit or peer measured in the same run."""
