/// Which E8M0 rules can have made microscaled blocks, by the greatest element of each.
///
/// A rule puts the greatest magnitude of a block, divided by the scale, into an interval of its own, and rounding puts
/// that on an element:
///
/// | rule | F4: quotient | greatest element | F8_E4M3: quotient | greatest element |
/// | --- | --- | --- | --- | --- |
/// | `floor` | [4, 8) | 4, 6 | [256, 512) | 256 … 448 |
/// | `nearest` | (3√2, 6√2] | 4, 6 | (224√2, 448√2] | 320 … 448 |
/// | `ceil` | (3, 6] | 3, 4, 6 | (224, 448] | 224 … 448 |
/// | `bump` | [3.5, 7) | 4, 6; 3 where 3.5 is rounded down | [224, 448) | 224 … 448 |
///
/// A block outside a rule's elements excludes the rule. A rule that is left has not been proved: a search can make any
/// bytes. Zeros tell nothing, nor do scales at the ends of E8M0, which may have been cut off. Source of the intervals:
/// the definitions in `E8M0Rule`.
package struct ScaleRuleEvidence: Equatable, Sendable {
    /// What the elements of the blocks are, 32 to a scale.
    package enum Elements: Sendable {
        /// Two codes a byte.
        case f4
        /// The same, where a number in the middle between two elements went to the even code, as compressed-tensors has
        /// it: 3.5 became 4. ggml and MLX make 3 of it.
        case f4ToEven
        /// F8_E4M3, a code a byte.
        case f8
    }

    /// Neighboring elements that exclude the same rules.
    package struct Class: Equatable, Sendable {
        /// The elements, in words: `256 to 288`.
        package let name: String
        /// The rules that can make one of them a block's greatest.
        package let rules: Set<E8M0Rule>
        /// The least of their codes, without the sign.
        fileprivate let leastCode: UInt8
        /// The blocks whose greatest element is one of them.
        package fileprivate(set) var blockCount = 0
    }

    package let elements: Elements
    /// Every block that was looked at, with those that tell nothing.
    package private(set) var blockCount = 0
    /// The greatest elements first.
    package private(set) var classes: [Class]

    package init(_ elements: Elements) {
        self.elements = elements
        let every = Set(E8M0Rule.allCases)
        classes =
            switch elements {
            case .f4, .f4ToEven:
                [
                    Class(name: "6", rules: every, leastCode: 7), Class(name: "4", rules: every, leastCode: 6),
                    Class(name: "3", rules: elements == .f4ToEven ? [.ceil] : [.ceil, .bump], leastCode: 5),
                    Class(name: "below 3", rules: [], leastCode: 1),
                ]
            case .f8:
                [
                    Class(name: "320 to 448", rules: every, leastCode: 0x7A),
                    Class(name: "256 to 288", rules: [.floor, .ceil, .bump], leastCode: 0x78),
                    Class(name: "224 to 240", rules: [.ceil, .bump], leastCode: 0x76),
                    Class(name: "below 224", rules: [], leastCode: 1),
                ]
            }
    }

    /// The blocks that tell something.
    package var tellingBlockCount: Int { classes.reduce(0) { $0 + $1.blockCount } }

    /// The rules that no block excludes, in the order of `E8M0Rule`; none when the scales were searched for.
    package var rules: [E8M0Rule] {
        E8M0Rule.allCases.filter { rule in classes.allSatisfy { $0.blockCount == 0 || $0.rules.contains(rule) } }
    }

    /// The bytes of a block's codes.
    package var codeByteCount: Int { elements == .f8 ? 32 : 16 }

    /// Takes blocks whose scales lie apart.
    /// - Parameters:
    ///   - codes: those of whole blocks, one block behind the other.
    ///   - scales: a byte for each block.
    package mutating func add(codes: Span<UInt8>, scales: Span<UInt8>) {
        precondition(
            codes.count == scales.count * codeByteCount, "\(codes.count) bytes of codes for \(scales.count) scales")
        for block in scales.indices {
            let start = block * codeByteCount
            add(scales[block], codes.extracting(start..<start + codeByteCount))
        }
    }

    /// Takes blocks that begin with their scale, as ggml's do.
    package mutating func add(blocks: Span<UInt8>) {
        let byteCount = 1 + codeByteCount
        precondition(blocks.count % byteCount == 0, "\(blocks.count) bytes are not whole blocks of \(byteCount)")
        for start in stride(from: 0, to: blocks.count, by: byteCount) {
            add(blocks[start], blocks.extracting(start + 1..<start + byteCount))
        }
    }

    /// Takes what was found in other blocks of the same elements.
    package mutating func add(_ other: Self) {
        precondition(elements == other.elements, "\(elements) and \(other.elements) exclude different rules")
        blockCount += other.blockCount
        for index in classes.indices { classes[index].blockCount += other.classes[index].blockCount }
    }

    private mutating func add(_ scale: UInt8, _ codes: Span<UInt8>) {
        blockCount += 1
        // 254 is the greatest scale, 255 is no number.
        guard (1..<254).contains(scale) else { return }
        var greatest: UInt8 = 0
        if elements == .f8 {
            for index in codes.indices { greatest = max(greatest, codes[index] & 0x7F) }
            guard greatest != 0x7F else { return }  // no number
        } else {
            for index in codes.indices {
                let pair = codes[index]
                greatest = max(greatest, pair & 7, pair >> 4 & 7)
            }
        }
        guard let place = classes.firstIndex(where: { greatest >= $0.leastCode }) else { return }
        classes[place].blockCount += 1
    }
}
