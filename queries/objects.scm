; File-scope declarations, initializer lists of local objects, compound literals.
(translation_unit (declaration) @declaration)
(declaration_list (declaration) @declaration)
(translation_unit (ERROR (declaration) @declaration))
(compound_statement (declaration (init_declarator value: (initializer_list))) @initialized)
(compound_literal_expression) @literal
