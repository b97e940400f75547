; Call sites, values stored in members, identifiers passed as arguments. Which calls are direct is told from the text:
; a pattern for each shape of the callee, tried at every call, costs a third of the run.
(call_expression) @call

(assignment_expression
  left: [(identifier) (field_expression) (subscript_expression) (pointer_expression)]
  right: [(identifier) (pointer_expression) (field_expression) (assignment_expression)
          (conditional_expression) (cast_expression)]) @assignment

(argument_list (identifier) @reference)
(argument_list (pointer_expression argument: (identifier) @reference))
(return_statement (identifier) @reference)
