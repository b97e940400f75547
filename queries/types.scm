; Struct, union and enum definitions; typedefs.
(struct_specifier body: (field_declaration_list)) @record
(union_specifier body: (field_declaration_list)) @record
(enum_specifier body: (enumerator_list)) @enum
(type_definition) @typedef
