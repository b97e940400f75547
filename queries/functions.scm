; Function definitions, wherever the grammar finds them.
(function_definition) @function
