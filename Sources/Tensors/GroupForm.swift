package import Numbers

/// How groups of a row become whole numbers with a scale, and perhaps a shift: by whose rule, and how they are held.
package struct GroupForm: Sendable, Equatable {
    /// Whose arithmetic makes the reference codes. The equations stand in Loops/EncodeGroups.h.
    package enum Rule: Int32, Sendable {
        /// `q * scale + bias`: MLX 0.32.4 on the CPU.
        case mlxAffine = 0
        /// `(q - zero) * scale`, codes by the stored scale: AutoGPTQ.
        case gptq = 1
        /// As `gptq`, zero points by the stored scale: AutoAWQ.
        case awq = 2
        /// Signed numbers, each step rounded to the scales' dtype: compressed-tensors.
        case signed = 3
        /// Signed bytes of which 127 stands for the greatest magnitude: LLM.int8().
        case int8Rows = 4
    }

    package let rule: Rule
    /// The bits of a code, 2...8.
    package let bits: Int
    /// What scales and biases are rounded to: BF16, F16 or F32.
    package let dtype: DType
    /// Whether there are no zero points, or all are in the middle of the codes.
    package let isSymmetric: Bool
    /// Whether codes of `signed` have 2^(bits - 1) added; else they are signed bytes.
    package let isUnsigned: Bool
    /// The least zero point that can be stored.
    package let leastZero: Int
    /// Whether scales and shifts with less error than the rule's are looked for.
    package let searches: Bool
    /// Columns that share a scale; the last group of a row may have fewer.
    package let groupSize: Int

    package init(
        _ rule: Rule, bits: Int, dtype: DType, isSymmetric: Bool = false, isUnsigned: Bool = true, leastZero: Int = 0,
        searches: Bool, groupSize: Int
    ) {
        precondition((2...8).contains(bits), "a code has 2 to 8 bits, not \(bits)")
        precondition(Kernels.fourBitSources.contains(dtype), "scales are BF16, F16 or F32, not \(dtype)")
        precondition(groupSize > 0, "a group has a column at least")
        self.rule = rule
        self.bits = bits
        self.dtype = dtype
        self.isSymmetric = isSymmetric
        self.isUnsigned = isUnsigned
        self.leastZero = leastZero
        self.searches = searches
        self.groupSize = groupSize
    }

    /// The groups of so many columns.
    package func groupCount(_ columns: Int) -> Int { (columns + groupSize - 1) / groupSize }
}

/// How blocks of a row become small floats with a scale of one byte. The equations stand in Loops/EncodeMicroscaled.h.
package struct MicroscaledForm: Sendable, Equatable {
    /// How a block's greatest magnitude becomes its scale.
    package enum Scale: Sendable, Equatable {
        /// An E8M0 exponent, by one of four rules, numbered as CKernels.h has them.
        case exponent(rule: Int32)
        /// An F8_E4M3 number.
        case e4m3
        /// An F8_E4M3 number that is divided by one of the whole tensor; a sixth of the greatest magnitude is rounded
        /// to the dtype before it is multiplied by that.
        case e4m3Divided(by: Float, DType)
    }

    /// Whose arithmetic makes the codes.
    package enum Manner: Sendable {
        /// Ties go to the even code, and weights of -0 become +0: compressed-tensors 0.20.
        case evenTies
        /// Ties go toward zero, as do the signs of F4 codes: MLX 0.32.4 on the CPU.
        case tiesTowardZero
    }

    /// F4 or F8_E4M3.
    package let element: DType
    package let scale: Scale
    package let manner: Manner
    /// Whether scales with less error than the rule's are looked for.
    package let searches: Bool
    /// 16 or 32; of F8_E4M3 always 32.
    package let groupSize: Int

    package init(_ element: DType, groupSize: Int, scale: Scale, manner: Manner, searches: Bool) {
        precondition(element == .F4 || element == .F8_E4M3 && groupSize == 32, "no blocks of \(element)")
        precondition(groupSize == 16 || groupSize == 32, "blocks have 16 or 32 elements, not \(groupSize)")
        self.element = element
        self.groupSize = groupSize
        self.scale = scale
        self.manner = manner
        self.searches = searches
    }
}
