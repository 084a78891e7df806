import Numbers
import Tensors

/// The scales and zero points of a matrix by groups, [group, row], as layouts have them that run across rows.
struct ScaleGroups {
    let rows: Int
    let groups: Int
    private(set) var scales: [Float]
    private(set) var zeros: [Int16]

    init(rows: Int, groups: Int) {
        self.rows = rows
        self.groups = groups
        scales = [Float](repeating: 0, count: rows * groups)
        zeros = [Int16](repeating: 0, count: rows * groups)
    }

    /// How many groups cover a row; a size of nil is the whole row.
    static func count(_ columns: Int, of size: Int?) -> Int {
        size.map { (columns + $0 - 1) / $0 } ?? 1
    }

    /// Takes the numbers of some rows, row after row.
    mutating func take(_ some: Range<Int>, _ scales: [Float], _ zeros: [Float]) {
        var place = 0
        for row in some {
            for group in 0..<groups {
                self.scales[group * rows + row] = scales[place]
                self.zeros[group * rows + row] = Int16(zeros[place])
                place += 1
            }
        }
    }

    /// The zero points as codes, one stream of whole words a group.
    func packedZeros(bits: Int, adding offset: Int, kernels: Kernels) -> [UInt8] {
        let byteCount = (rows * bits + 31) / 32 * 4, used = (rows * bits + 7) / 8
        var packed = [UInt8](repeating: 0, count: groups * byteCount)
        for group in 0..<groups {
            let codes = zeros[group * rows..<(group + 1) * rows].map { UInt8(truncatingIfNeeded: Int($0) + offset) }
            var all = packed.mutableSpan
            var part = all._mutatingExtracting(group * byteCount..<group * byteCount + used)
            kernels.packCodes(codes.span, bits: bits, into: &part)
        }
        return packed
    }
}
