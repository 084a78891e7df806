import Charts

extension PlotPanel {
    init(_ shares: PanelShares) {
        self.init(
            title: shares.title, columns: shares.columns.map { Tick(share: $0.share, label: $0.label) },
            rows: shares.rows.map { Tick(share: $0.share, label: $0.label) },
            series: shares.series.map { series in
                Series(
                    name: series.name, hue: series.hue,
                    pieces: series.pieces.map { piece in piece.map { Place(x: $0.x, y: $0.y) } },
                    missing: series.missing)
            })
    }
}
