; Declarations wherever they stand, compound literals. A pattern that says where they stand stays open as long as that
; place, and every open pattern is looked at for every syntax node: with five of them a run takes a third longer.
(declaration) @declaration
(compound_literal_expression) @literal
