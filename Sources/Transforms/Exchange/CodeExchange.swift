package import Architectures
package import Bytes
package import Formats
import Numbers
package import Tensors

/// Carries the codes of a quantized matrix over to another layout, without a detour by floating-point numbers.
///
/// Codes stay what they are. Scales, zero points and biases are the same real numbers; where the other layout stores
/// them in a dtype that does not hold them, they are rounded to it, which the measured error tells.
package struct CodeExchange: Sendable {
    /// The scheme of the result, with what the source's zero points decide.
    package let scheme: TensorScheme
    /// The matrix, with the dtype that its scales are stored in.
    package let form: MatrixForm
    package let parts: [PartForm]
    private let mapping: TensorMapping
    private let source: CodeGrid
    private let target: CodeGrid
    private let kernels: Kernels

    /// What else can be done with a tensor that cannot go over.
    package static let otherwise =
        "Give the tensor another scheme or dtype with --rule, or accept a second loss with --requantize"

    /// - Parameters:
    ///   - mapping: how the new tensor is made.
    ///   - tensors: those that the mapping's sources name, in its order.
    ///   - scheme: the layout to write.
    /// - Throws: `FormatError` that says why codes cannot go over.
    package init(
        _ mapping: TensorMapping, of tensors: [LogicalTensor], to scheme: TensorScheme, kernels: Kernels
    ) throws(FormatError) {
        let names = Set(tensors.map { $0.scheme ?? "\($0.dtype)" }).sorted().joined(separator: " and ")
        func refusal(_ why: String) -> FormatError {
            FormatError(
                .refused, "\(names) cannot become \(scheme.id) exactly: \(why)", tensor: mapping.name,
                remedy: Self.otherwise)
        }
        guard let first = tensors.first, let own = first.codeGrid else {
            throw refusal("no other layout has codes like these")
        }
        guard let target = scheme.codeGrid else { throw refusal("\(scheme.id) has codes of its own") }
        let grids = Set(tensors.map(\.codeGrid))
        guard grids.count == 1 else { throw refusal("its parts are held in different ways") }
        guard let shape = Shape(mapping.shape), !mapping.isTransposed, mapping.addend == 0,
            mapping.turns == 1, !mapping.isByElement,
            tensors.allSatisfy({ $0.shape.dimensions.last == mapping.shape.last })
        else { throw refusal("its rows do not stay rows in the other layout") }
        guard MappedCodes.rowCount(mapping, of: tensors.map(\.shape)) * (mapping.shape.last ?? 1) == shape.elementCount
        else { throw refusal("its rows are not as many as the other layout's") }
        if let obstacle = own.obstacle(to: target, columns: mapping.shape.last ?? 1) { throw refusal(obstacle) }
        self.mapping = mapping
        self.kernels = kernels
        self.target = target
        source = own
        self.scheme = scheme.holding(own)
        form = MatrixForm(shape: shape, dtype: .F32, computeDtype: target.scaleDtype ?? own.scaleDtype ?? .F16)
        parts = try self.scheme.encoder(QuantizeSettings(target: .scheme(scheme)), kernels: kernels).parts(of: form)
    }

    /// Whether only the numbers of the groups tell if the codes can go over.
    package var dependsOnNumbers: Bool { source.dependsOnNumbers(to: target) }

    /// Looks at the numbers of all groups.
    /// - Throws: `FormatError` for the first group that the other layout cannot hold.
    package func check(_ sources: [CodeSource]) throws {
        let codes = MappedCodes(mapping, of: sources)
        for rows in form.chunks().map(\.place) {
            _ = try change.changed(try codes.numbers(ofRows: rows), firstRow: rows.lowerBound)
        }
    }

    /// Writes the bytes of all parts.
    /// - Parameters:
    ///   - sources: the codes of the tensors that the mapping's sources name, in its order.
    ///   - importance: a weight for each column of each matrix of a stack, or nil.
    ///   - sink: receives the bytes of each part in order.
    /// - Returns: how far the new real numbers are from the old ones: zero when all went over exactly.
    package func write(
        _ sources: [CodeSource], importance: [Float]?, into sink: any PartSink
    ) throws -> ErrorSums {
        let codes = MappedCodes(mapping, of: sources), columns = codes.columns
        let layout = layout
        var packing = layout.packing
        var errors = ErrorSums()
        let importances = ColumnImportances(values: importance ?? [], matrix: form)
        for rows in form.chunks(rowMultiple: packing.rowMultiple).map(\.place) {
            try Task.checkCancellation()
            let old = try codes.codes(ofRows: rows)
            let new = try change.changed(old, firstRow: rows.lowerBound)
            let packed = layout.packed(old.codes)
            try packing.append(layout.grouped(new, rows, packed: packed), into: sink)
            errors += kernels.measure(
                numbers(old, packed, source).span, decoded: numbers(new, packed, target).span,
                columns: columns, importance: importances.ofMatrix(withRow: rows.lowerBound))
        }
        try packing.finish(into: sink)
        return errors
    }

    private var change: GridChange {
        let isExponent = if case .exponent = target.meaning { true } else { false }
        return GridChange(
            source: source, target: target, scaleDtype: isExponent ? nil : form.computeDtype, columns: form.columns,
            kernels: kernels)
    }

    private var layout: CodeLayout {
        CodeLayout(scheme: scheme, form: form, grid: target, bits: source.bits, kernels: kernels)
    }

    // MARK: Numbers

    /// The real numbers that rows stand for, without the rounding of a library.
    private func numbers(_ rows: CodeRows, _ packed: [UInt8], _ grid: CodeGrid) -> [Float] {
        let form: CodeForm
        var stream = rows.codes
        switch grid.meaning {
        case .exponent(let element):
            form = CodeForm(elements: element, dtype: .F32)
            // Blocks of 32 codes fill words, so these rows have no gaps.
            stream = packed
        case .bias: form = CodeForm(bits: 8, order: .scaleThenShift, dtype: .F32)
        case .zeroPoint: form = CodeForm(bits: 8, dtype: .F32)
        }
        let columns = self.form.columns
        let all = RowForm(
            bits: form.bits, columns: columns, rowByteCount: columns * form.bits / 8,
            groupSize: grid.groupSize ?? columns)
        var numbers = [Float](repeating: 0, count: rows.codes.count)
        var span = numbers.mutableSpan
        let shifts = rows.shifts
        all.decode(form, stream.span, scales: rows.scales.span, shifts: shifts.span, into: &span, kernels: kernels)
        return numbers
    }
}
