/// Migration "v2": tensors whose elements do not lie in their file as they are meant.
enum Version2 {
    static let tensors = """
        -- How the elements come out of the bytes; NULL when they lie there row-major and little-endian.
        ALTER TABLE tensor ADD COLUMN arrangement TEXT CHECK (arrangement IS NULL OR json_valid(arrangement));
        """
}
