/// Which bytes an encoder makes.
package enum EncoderQuality: String, Sendable, CaseIterable {
    /// Those of the scheme's own library.
    case reference
    /// Others of the same format, with less error.
    case best
}
