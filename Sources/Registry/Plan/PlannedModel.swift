import Architectures
import Bytes
import Catalog
import Planner

/// The model that a plan is for: its shape, and where it came from.
struct PlannedModel {
    /// Where the model is described.
    enum Source {
        case artifact(StoredArtifact)
        case config(JSONValue)
    }

    let name: String
    let source: Source
    let config: JSONValue?
    let family: String?
    /// Nil for an architecture without formulas.
    let shape: ModelShape?
    /// Counted from the shape; nil for an architecture without formulas.
    let counts: ParameterCount?
    /// P: from the tensors where they are at hand.
    let parameters: Int
    let parametersFormula: String
    private(set) var notes: [String] = []

    /// Larger files describe no model.
    private static let greatestConfig = 16 << 20

    /// - Parameters:
    ///   - name: an artifact's name, or the path of a config.json or of a folder that holds one.
    ///   - registry: the store; nil when there is none, so that only a path can be meant.
    init(_ name: String, in registry: ModelRegistry?) throws {
        self.name = name
        if let path = Self.configPath(name) {
            let config = try Self.config(at: path)
            guard let family = config["model_type"]?.stringValue else {
                throw RegistryError("\(path) has no 'model_type'", remedy: "Name the config.json of a model")
            }
            guard let shape = try Self.reading(path, { () throws(PlanError) in try ModelShape(config: config) }) else {
                throw RegistryError(
                    "the formulas do not know the architecture '\(family)' of \(path); they know "
                        + ModelShape.families.joined(separator: ", "),
                    remedy: "Register the model's weights, and plan by its name: weights and states are known then")
            }
            let counts = try ParameterCount(shape)
            source = .config(config)
            self.config = config
            self.family = family
            self.shape = shape
            self.counts = counts
            parameters = counts.total
            parametersFormula = ParameterCount.formula(shape)
            return
        }
        guard let registry else {
            throw RegistryError(
                "there is no config.json at \(name), and no store that could know the name",
                remedy: "Check the path, or register the model first with 'ingot register PATH'")
        }
        try registry.refuseEvicted(name)
        let artifact = try StoredArtifact(registry: registry, name: name)
        if let fault = artifact.configFault { throw fault.within(file: "\(name), config.json") }
        let config = artifact.config
        let shape = try config.flatMap { config in
            try Self.reading("\(name), config.json") { () throws(PlanError) in try ModelShape(config: config) }
        }
        source = .artifact(artifact)
        self.config = config
        family = config?["model_type"]?.stringValue
        self.shape = shape
        counts = try shape.map { try ParameterCount($0) }
        parameters = artifact.record.parameterCount
        parametersFormula = "counted from the tensors, shared ones once"
        noteDifference()
    }

    /// The path of the config.json that `name` means; nil when it means an artifact.
    private static func configPath(_ name: String) -> String? {
        if Folder.exists(name + "/config.json") { return name + "/config.json" }
        return name.hasSuffix(".json") ? name : nil
    }

    private static func config(at path: String) throws -> JSONValue {
        let file = try OpenFile(path)
        guard file.byteCount <= greatestConfig else {
            throw RegistryError(
                "\(path) has \(file.byteCount) bytes, and a config.json has \(greatestConfig) at most",
                remedy: "Name the config.json of a model")
        }
        do {
            return try JSONValue(parsing: try file.bytes(0..<file.byteCount), dialect: .python)
        } catch let error as FormatError { throw error.within(file: path) }
    }

    private static func reading<Value>(_ file: String, _ read: () throws(PlanError) -> Value) throws -> Value {
        do {
            return try read()
        } catch {
            throw RegistryError("\(file): \(error.problem)", remedy: error.remedy)
        }
    }

    /// Says when the tensors are not those of the formula: a head of classes, a rotary buffer, a vision part.
    private mutating func noteDifference() {
        guard let counts, counts.total != parameters else {
            if shape == nil {
                notes.append(
                    "the architecture \(family.map { "'\($0)'" } ?? "without config.json") has no formulas: weights and "
                        + "states are exact, cache, activations and operations unknown")
            }
            return
        }
        notes.append(
            "the tensors have \(parameters) parameters, and config.json's formula gives \(counts.total): figures of "
                + "blocks follow config.json, those of weights the tensors")
    }

    /// What a report says of it.
    var report: PlanModel {
        var stored: Int?
        if case .artifact(let artifact) = source { stored = artifact.record.weightByteCount }
        return PlanModel(
            name: name, family: family, hasFormulas: shape != nil, parameters: parameters,
            parametersFormula: parametersFormula, activeParameters: counts?.active, matrixParameters: counts?.matrix,
            storedBytes: stored)
    }

    /// The context that was asked for, else what the model is made for, within what is usual.
    func context(_ asked: Int?) -> Int {
        let usual = 4096
        return asked ?? (shape.map { $0.positions > 0 ? min(usual, $0.positions) : usual } ?? usual)
    }

    /// The tensors of a model of which only config.json is known; nil for one in the store.
    func sketch() throws -> SketchedModel? {
        guard artifact == nil, let shape, let config else { return nil }
        return try SketchedModel(shape, config: config)
    }

    var artifact: StoredArtifact? { if case .artifact(let artifact) = source { artifact } else { nil } }

    /// Why a figure of an unknown architecture is not known.
    static let unknown = "unknown: no formula for the architecture"
}
