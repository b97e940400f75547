"""Trees, graphs and lists as text, diagrams and data."""
