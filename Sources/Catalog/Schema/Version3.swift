/// Migration "v3": what a quantized tensor is called and how it is stored, and how an artifact's files were read.
enum Version3 {
    static let tensors = """
        -- The name under which a model looks for the tensor, where the file has another: x.weight for x.qweight.
        ALTER TABLE tensor ADD COLUMN logical_name TEXT CHECK (logical_name <> '');
        -- Bits of one code, and neighbors that share a scale; of principals.
        ALTER TABLE tensor ADD COLUMN bits INTEGER CHECK (bits > 0);
        ALTER TABLE tensor ADD COLUMN group_size INTEGER CHECK (group_size > 0);
        CREATE INDEX tensor_part ON tensor (artifact_id) WHERE principal_id IS NOT NULL;
        """

    /// The weights digest follows from how files are read, which a later version may know better.
    static let artifacts = """
        -- Options that gave other tensors than the usual reading of the files; the digest then covers the tensors.
        ALTER TABLE artifact ADD COLUMN reading TEXT CHECK (reading <> '');
        DROP TRIGGER artifact_is_immutable;
        CREATE TRIGGER artifact_is_immutable BEFORE UPDATE OF digest ON artifact BEGIN
            SELECT RAISE(ABORT, 'an artifact never changes');
        END;
        """

    /// The view of "v2", which counts a quantized tensor with its parts as one.
    static let artifactSummary =
        Version2.artifactSummary
        .replacing(
            "(SELECT count(*) FROM tensor AS t WHERE t.artifact_id = a.id) AS tensors",
            with: """
                (SELECT count(*) FROM tensor AS t WHERE t.artifact_id = a.id)
                        - (SELECT count(*) FROM tensor AS t WHERE t.artifact_id = a.id AND t.principal_id IS NOT NULL)
                        AS tensors
                """
        )
        .replacing(
            "a.quantization AS quantization",
            with: "a.quantization AS quantization,\n    a.reading AS reading")

    /// The views of "v1": tensors by the names that models know, with the columns that came since at their end.
    static let tensorSummary =
        "DROP VIEW stored_tensor_summary;\nDROP VIEW tensor_summary;\n"
        + Version1Views.tensor
        .replacing(
            "t.name AS name,\n    t.dtype AS dtype,\n    t.scheme",
            with: "coalesce(t.logical_name, t.name) AS name,\n    t.dtype AS dtype,\n    t.scheme"
        )
        .replacing(
            "e.squared_reference AS squared_reference,\n    t.position AS position",
            with: """
                e.squared_reference AS squared_reference,
                    t.position AS position,
                    t.bits AS bits,
                    t.group_size AS group_size,
                    t.name AS stored_name
                """)
}
