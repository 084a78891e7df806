package import Bytes

/// What is known about a model beside its tensors and its config.json.
package struct ModelDescription: Equatable, Sendable {
    /// The folder's name, or the repository's: `HuggingFaceTB/SmolLM2-135M-Instruct`.
    package var name: String?
    package var card: ModelCard?
    /// sentence-transformers' `1_Pooling/config.json`.
    package var pooling: JSONValue?

    package init(name: String? = nil, card: ModelCard? = nil, pooling: JSONValue? = nil) {
        self.name = name
        self.card = card
        self.pooling = pooling
    }

    /// GGUF's number of the kind of pooling; nil when none is known.
    var poolingType: UInt32? { pooling.flatMap(Pooling.init(parsing:))?.rawValue }

    /// The keys `general.…`, but for those that tell of the stored types.
    func metadata(architecture: String, tensors: [TensorMapping]) -> [MetadataItem] {
        let parameterCount = tensors.reduce(0) { $0 + $1.elementCount }
        let parts = name.map { ModelName(parsing: $0, parameterCount: parameterCount) }
        var items: [MetadataItem] = []
        func add(_ key: String, _ text: String?) {
            guard let text, !text.isEmpty else { return }
            items.append(MetadataItem("general.\(key)", .string(text)))
        }
        add("architecture", architecture)
        add("type", "model")
        add("name", parts?.title)
        add("organization", parts?.organizationTitle)
        add("version", parts?.version)
        add("finetune", parts?.finetune)
        add("basename", parts?.basename)
        add("size_label", parts?.sizeLabel ?? ModelSize(of: tensors).label)
        add("license", card?.license)
        let parents = card?.baseModels ?? []
        guard !parents.isEmpty else { return items }
        items.append(MetadataItem("general.base_model.count", .u32(UInt32(parents.count))))
        for (place, parent) in parents.enumerated() {
            let parts = ModelName(parsing: parent, parameterCount: parameterCount)
            add("base_model.\(place).name", parts.title)
            add("base_model.\(place).organization", parts.organizationTitle)
            add("base_model.\(place).version", parts.version)
            if parts.organization != nil { add("base_model.\(place).repo_url", "https://huggingface.co/\(parent)") }
        }
        return items
    }
}

/// How many parameters a model has, as names tell it: `7B`, `8x7B`.
struct ModelSize {
    private var shared = 0
    private var ofOneExpert = 0
    private var expertSum = 0
    private var expertTensorCount = 0

    /// - Parameter tensors: the tensors of a GGUF file. Those of experts are stacked along the first dimension.
    init(of tensors: [TensorMapping]) {
        for tensor in tensors {
            if tensor.name.contains("_exps."), tensor.shape.count > 2, let experts = tensor.shape.first, experts > 0 {
                ofOneExpert += tensor.elementCount / experts
                expertSum += experts
                expertTensorCount += 1
            } else {
                shared += tensor.elementCount
            }
        }
    }

    /// The size with one expert of each layer, and how many experts there are; nil for an empty model.
    var label: String? {
        guard shared + ofOneExpert > 0 else { return nil }
        let size = Self.rounded(shared + ofOneExpert)
        return expertTensorCount > 0 ? "\(expertSum / expertTensorCount)x\(size)" : size
    }

    /// Two digits at least: `1.2B`, `135M`.
    private static func rounded(_ count: Int) -> String {
        let units: [(above: Double, letter: String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M")]
        let unit = units.first { Double(count) > $0.above } ?? (1e3, "K")
        let value = Double(count) / unit.above
        let whole = Int(value.rounded(.toNearestOrEven))
        let digits = max(2 - (whole == 0 ? 0 : String(whole).count), 0)
        return Self.decimal(value, digits: digits) + unit.letter
    }

    private static func decimal(_ value: Double, digits: Int) -> String {
        let power = [1.0, 10, 100][digits]
        let scaled = Int((value * power).rounded(.toNearestOrEven))
        guard digits > 0 else { return String(scaled) }
        let fraction = String(scaled % Int(power))
        return "\(scaled / Int(power))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
