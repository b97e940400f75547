"""The command `kcg`: arguments, exit codes and progress; no logic."""
