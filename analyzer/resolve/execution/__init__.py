"""Abstract execution of a rooted call tree: constants and objects followed from the root downwards."""
