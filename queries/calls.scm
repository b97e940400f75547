; Call sites by the shape of the callee, values stored in members, identifiers passed as arguments.
(call_expression function: (identifier)) @direct
(call_expression
  function: [(field_expression) (parenthesized_expression) (subscript_expression)
             (call_expression) (pointer_expression) (cast_expression) (generic_expression)]) @indirect

(assignment_expression
  left: [(identifier) (field_expression) (subscript_expression) (pointer_expression)]
  right: [(identifier) (pointer_expression) (field_expression) (assignment_expression)
          (conditional_expression) (cast_expression)]) @assignment

(argument_list (identifier) @reference)
(argument_list (pointer_expression argument: (identifier) @reference))
(return_statement (identifier) @reference)

; Names of local variables, which shadow functions.
(compound_statement (declaration) @local)
(for_statement initializer: (declaration) @local)
(case_statement (declaration) @local)
