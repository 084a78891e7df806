import Architectures
import Catalog
import Charts
import Tensors

extension ReportPage {
    /// How far the tensors lie from the parent's: by layer and part as a map, and those that lost most.
    var errors: Section? {
        let changed = facts.changed
        guard !changed.isEmpty, let parent = facts.parent else { return nil }
        let sum = TensorError.sum(changed.compactMap(\.tensor.error))
        let words = """
            \(Figures.grouped(changed.count)) of \(Figures.count(facts.tensors.count, "tensor")) differ from those of \
            \(parent.name). The relative RMSE is √(Σ error² ÷ Σ weight²): \
            \(sum.relativeRMSE.map { DecimalText.short($0) } ?? "none") over all of them.
            """
        return Section(
            id: "errors", title: "Errors against the parent",
            content: "<p>\(words)</p>\n\(heatMap)\(worst)")
    }

    // MARK: The map

    /// Columns beyond this would be narrower than a pixel or two.
    private static let greatestLayerCount = 300

    private var heatMap: Markup {
        let tensors = facts.tensors
        let layers = Set(tensors.compactMap(\.place.layer)).sorted()
        guard layers.count <= Self.greatestLayerCount else {
            return "<p>\(Figures.count(layers.count, "layer")) are too many for a map.</p>\n"
        }
        let hasOthers = tensors.contains { $0.place.layer == nil }
        let groups = Dictionary(grouping: tensors) { Place(part: $0.place.part, layer: $0.place.layer) }
        let columns: [Int?] = (hasOthers ? [nil] : []) + layers
        let parts = TensorPart.allCases.filter { part in
            columns.contains { groups[Place(part: part, layer: $0)] != nil }
        }
        let rows = parts.map { part in
            HeatMap.Row(
                part.words, cells: columns.map { cell(groups[Place(part: part, layer: $0)] ?? [], part, $0) })
        }
        let map = HeatMap(
            lead: hasOthers ? ["–"] : [], columns: layers.map { String($0) },
            columnTitle: hasOthers ? "layer (– for what stands outside of them)" : "layer", rows: rows,
            legend: .init(name: "relative RMSE", zero: "no error", unmeasured: "as in the parent"))
        let drawing = map.element(
            title: "Relative RMSE by layer and part", description: "The table below names the tensors that lost most.",
            format: { DecimalText.short($0, digits: 3) })
        return .scrolling("Map of errors", "<figure>\(drawing)</figure>")
    }

    private struct Place: Hashable {
        let part: TensorPart
        let layer: Int?
    }

    private func cell(_ members: [PlacedTensor], _ part: TensorPart, _ layer: Int?) -> HeatMap.Cell {
        guard !members.isEmpty else { return HeatMap.Cell(.absent) }
        let place = part.words + (layer.map { ", layer \($0)" } ?? "")
        let errors = members.compactMap(\.tensor.error)
        guard !errors.isEmpty, let error = TensorError.sum(errors).relativeRMSE else {
            return HeatMap.Cell(.unmeasured, title: "\(place): as in the parent")
        }
        guard error > 0, error.isFinite else { return HeatMap.Cell(.zero, title: "\(place): no error") }
        return HeatMap.Cell(
            .number(error), figure: DecimalText.short(error, digits: 3),
            title: "\(place): \(DecimalText.short(error)), \(Figures.count(errors.count, "tensor"))")
    }

    // MARK: The table

    private static func shape(_ tensor: PlacedTensor) -> String {
        tensor.shape.dimensions.map { String($0) }.joined(separator: " × ")
    }

    private static let worstCount = 12

    private var worst: Markup {
        let ranked = facts.changed.enumerated().compactMap { index, tensor in
            tensor.tensor.error?.relativeRMSE.map { (error: $0, index: index, tensor: tensor) }
        }.sorted { ($1.error, $0.index) < ($0.error, $1.index) }.prefix(Self.worstCount)
        return .table(
            "The tensors that lost most",
            [
                .words("Tensor"), .words("Stored as"), .words("Shape"), .figures("Relative RMSE"),
                .figures("Cosine"), .figures("SNR"), .figures("Greatest |error|"),
            ],
            ranked.map { error, _, tensor in
                let measured = tensor.tensor.error
                return [
                    "\(tensor.name)", "\(tensor.type)",
                    "<span class=\"whole\">\(Self.shape(tensor))</span>",
                    "\(DecimalText.short(error))",
                    "\(measured?.cosine.map { Figures.fixed($0, decimals: 5) } ?? "–")",
                    "\(measured?.signalToNoise.map { "\(Figures.fixed($0, decimals: 1)) dB" } ?? "–")",
                    "\(measured?.maximumError.map { DecimalText.short($0, digits: 3) } ?? "–")",
                ]
            })
    }
}
