/// How a chunk is stored.
///
///     1   form: 0x80 the bytes themselves follow, and nothing else; or the sum of
///           0, 1, 2  words themselves; their exclusive or with the base's; or, of both turned left by one bit, the
///                    difference modulo their range, its sign in the lowest bit
///           4        zero words are left out
///     -   with 4: a field of one bit for each word, the first lowest, set for those that are kept; 4 bytes, how many
///         are kept. Everything that follows is of the kept words.
///     1   shift: 0, 1 or 2
///     1   base: subtracted from the words' highest byte, modulo 256
///     -   a field for each plane, the words' highest bytes first. Words were turned (when the header says so, and they
///         are no differences of the second kind), lowered by the base, and shifted.
///     -   the bytes behind the last whole word
///
/// A field of n bytes is one byte, the coder, and what that one needs. Fields without bytes take none.
enum FieldCoder: UInt8 {
    /// n bytes.
    case raw = 0
    /// One byte, n times.
    case constant = 1
    /// 4 bytes, a length; a raw deflate stream (RFC 1951).
    case deflate = 2
    /// 4 bytes, a length; a prefix code (see docs/store.md).
    case prefix = 3
    /// 4 bytes, how many of the bytes are not zero; a field of one bit for each; a field of those that are not zero. Not
    /// inside another.
    case sparse = 4
    /// Without their low bits, which the shift made zero: only of the lowest plane, with a shift. See `Kernels.pack`.
    case packed = 5
}

/// The first byte of a chunk.
enum ChunkForm {
    static let raw: UInt8 = 0x80
    static let sparse: UInt8 = 4
    static let differences: UInt8 = 3
}
