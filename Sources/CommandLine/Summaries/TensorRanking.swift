import Registry

/// The columns of tensors that were sorted: the number that was sorted by, with a bar.
struct TensorRanking {
    let order: TensorOrder
    /// Whether any tensor of the artifact has an error, so that those without are as the parent has them.
    let hasErrors: Bool
    /// Nil for no bars.
    let bars: BarStyle?

    private static let barCells = 8...40

    func columns(of rows: [TensorRow]) -> [Column<TensorRow>] {
        var columns = [
            Column<TensorRow>("name") { .text($0.name) }, Column("dtype") { .text($0.dtype) },
            Column("shape") { .integers($0.shape) },
        ]
        if order != .bytes { columns.append(Column("size") { .figure(Figures.bytes($0.bytes)) }) }
        if order == .bytes || order == .parameters || order == .name {
            columns.append(Column("rel. RMSE") { .figure(text(of: .relRmse, $0)) })
        }
        guard order != .name else { return columns }
        columns.append(Column(heading) { .figure(text(of: order, $0)) })
        guard let bars else { return columns }
        let greatest = rows.compactMap(length).max() ?? 0
        guard greatest > 0 else { return columns }
        let taken = columns.reduce(0) { sum, column in sum + 2 + Self.cells(of: column, rows) }
        let room = min(max(bars.lineCells - taken, Self.barCells.lowerBound), Self.barCells.upperBound)
        columns.append(Column("") { .text(bars.bar((length(of: $0) ?? 0) / greatest, cells: room)) })
        return columns
    }

    private static func cells(of column: Column<TensorRow>, _ rows: [TensorRow]) -> Int {
        rows.reduce(TerminalText.cellCount(column.name)) { most, row in
            max(most, min(TextTable.cellLimit, TerminalText.cellCount(column.cell(row).shown)))
        }
    }

    /// What the bar stands for.
    private func length(of row: TensorRow) -> Double? {
        order.value(of: row).map { order == .cosine ? 1 - $0 : max(0, $0) }
    }

    private var heading: String {
        switch order {
        case .relRmse: "rel. RMSE"
        case .weightedRelRmse: "weighted"
        case .maximumError: "max. error"
        case .cosine: "cosine"
        case .snr: "SNR, dB"
        case .shareZero: "to zero"
        case .shareClipped: "clipped"
        case .bytes: "size"
        case .parameters: "parameters"
        case .name: "name"
        }
    }

    private func text(of order: TensorOrder, _ row: TensorRow) -> String {
        switch (order, order.value(of: row)) {
        case (.bytes, _): return Figures.bytes(row.bytes)
        case (.parameters, _): return Figures.grouped(row.parameters)
        case (.shareZero, let share?), (.shareClipped, let share?): return Figures.real(100 * share) + " %"
        case (_, let value?): return Figures.real(value)
        case (.snr, nil) where row.relRmse == 0: return "exact"
        case (_, nil): return hasErrors && row.relRmse == nil ? "unchanged" : "–"
        }
    }
}
