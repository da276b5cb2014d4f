"""The commands, one module each. What a command decides is in the library; here are arguments, exit codes and output."""
