extension DType {
    /// The number that each code of a type of at most 8 bits stands for, in code order; nil for wider types.
    ///
    /// Sources: OCP Microscaling Formats 1.0, sections 5.3 and 5.4 (F4, F6, E8M0); OCP 8-bit Floating Point 1.0 (E4M3,
    /// E5M2); ml_dtypes for the "FNUZ" types (no negative zero, whose code is the only NaN; the bias is one higher).
    package var codeValues: [Double]? {
        switch self {
        case .BOOL: (0..<256).map { $0 == 0 ? 0 : 1 }
        case .U8: (0..<256).map(Double.init)
        case .I8: (0..<256).map { Double(Int8(truncatingIfNeeded: $0)) }
        case .I4: (0..<16).map { Double($0 < 8 ? $0 : $0 - 16) }
        case .U4: (0..<16).map(Double.init)
        case .F4: Self.values(exponentBits: 2, mantissaBits: 1, bias: 1)
        case .F6_E2M3: Self.values(exponentBits: 2, mantissaBits: 3, bias: 1)
        case .F6_E3M2: Self.values(exponentBits: 3, mantissaBits: 2, bias: 3)
        case .F8_E4M3:
            Self.values(exponentBits: 4, mantissaBits: 3, bias: 7) { $0 & 0x7F == 0x7F ? .nan : nil }
        case .F8_E5M2:
            Self.values(exponentBits: 5, mantissaBits: 2, bias: 15) { code in
                guard code & 0x7C == 0x7C else { return nil }
                guard code & 0x03 == 0 else { return .nan }
                return code < 0x80 ? .infinity : -.infinity
            }
        case .F8_E4M3FNUZ:
            Self.values(exponentBits: 4, mantissaBits: 3, bias: 8) { $0 == 0x80 ? .nan : nil }
        case .F8_E5M2FNUZ:
            Self.values(exponentBits: 5, mantissaBits: 2, bias: 16) { $0 == 0x80 ? .nan : nil }
        case .F8_E8M0:
            (0..<256).map { $0 == 0xFF ? .nan : Double(sign: .plus, exponent: $0 - 127, significand: 1) }
        case .I16, .U16, .F16, .BF16, .I32, .U32, .F32, .C64, .F64, .I64, .U64, .C128: nil
        }
    }

    /// A sign, an exponent and a mantissa with subnormals; `special` overrides codes that are not finite.
    private static func values(
        exponentBits: Int, mantissaBits: Int, bias: Int, special: (Int) -> Double? = { _ in nil }
    ) -> [Double] {
        (0..<1 << (1 + exponentBits + mantissaBits)).map { code in
            if let value = special(code) { return value }
            let mantissa = Double(code & (1 << mantissaBits - 1)) / Double(1 << mantissaBits)
            let exponent = code >> mantissaBits & (1 << exponentBits - 1)
            let isNegative = code >> (exponentBits + mantissaBits) != 0
            let significand = exponent == 0 ? mantissa : 1 + mantissa
            let magnitude = significand * Double(sign: .plus, exponent: max(exponent, 1) - bias, significand: 1)
            return isNegative ? -magnitude : magnitude
        }
    }
}
