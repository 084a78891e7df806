import Formats
import Numbers

extension ReadingOptions {
    /// As readers take them.
    /// - Throws: `RegistryError` for a dtype that there is not, or whose elements are not of one or two bytes.
    func checked() throws -> ReadOptions {
        var options = ReadOptions()
        options.statePath = statePath
        options.stripsPrefixes = stripsPrefixes
        options.skipsUnknown = skipsUnknown
        if let voidDtype {
            guard let dtype = DType(rawValue: voidDtype.uppercased()), [8, 16].contains(dtype.bitCount) else {
                throw RegistryError(
                    "'\(voidDtype)' is no dtype of one or two bytes", remedy: "Choose one such as bf16 or f8_e4m3")
            }
            options.voidDtypes = [dtype.bitCount / 8: dtype]
        }
        return options
    }
}
