package import Architectures

/// What of a model stays when it is cut: of each axis, and of each of its places, the indices.
package struct KeptIndices: Equatable, Sendable {
    /// In ascending order; a place that is not here keeps all.
    package private(set) var places: [AxisPlace: [Int]] = [:]
    /// The layers that stay, in ascending order.
    package var layers: [Int]

    package init(layers: [Int]) { self.layers = layers }

    /// The indices that stay; nil for all.
    package subscript(place: AxisPlace) -> [Int]? {
        get { places[place] }
        set { places[place] = newValue }
    }

    /// The elements of a dimension that stay, as ranges that do not touch.
    /// - Parameters:
    ///   - segments: what the dimension consists of.
    ///   - tensor: the tensor.
    ///   - expert: which matrix of a stack is meant.
    package func ranges(_ segments: [AxisSegment], of tensor: TensorAxes, expert: Int? = nil) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        func append(_ range: Range<Int>) {
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        var start = 0
        for segment in segments {
            if let axis = segment.axis, let kept = self[tensor.place(of: axis, expert: expert)] {
                for index in kept {
                    append(start + index * segment.unit..<start + (index + 1) * segment.unit)
                }
            } else {
                append(start..<start + segment.elementCount)
            }
            start += segment.elementCount
        }
        return ranges
    }

    /// Whether anything goes from a tensor that stays.
    package func cuts(_ tensor: TensorAxes) -> Bool {
        tensor.axes.contains { axis in
            places.keys.contains { $0.axis == axis && (!axis.isOfLayer || $0.layer == tensor.layer) }
        }
    }

    /// The sizes of a tensor that stays.
    package func shape(of tensor: TensorAxes) -> [Int] {
        // The matrices of a stack are equally large, whichever channels each keeps.
        tensor.dimensions.map { segments in
            ranges(segments, of: tensor, expert: tensor.isStack ? 0 : nil).reduce(0) { $0 + $1.count }
        }
    }
}
