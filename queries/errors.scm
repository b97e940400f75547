; What could not be read.
(ERROR) @error
(MISSING) @missing
