import Bytes

extension GGUFConvention {
    /// Reads the section `gguf` of a family's file.
    init(parsing value: JSONValue) throws(FormatError) {
        let fields = try FamilyFields(
            value,
            knows: [
                "architecture", "read", "prefixes", "endings", "parameters", "flags", "config", "packed_config",
                "metadata",
                "checks", "layer_type_period", "rope", "pooling", "tensors", "dropped", "dropped_prefixes",
            ])
        architecture = try fields.text("architecture")
        switch fields["read"] {
        case nil: reading = .always
        case .bool(false)?: reading = .never
        case .string(let key)?: reading = .whenPositive(key)
        default: throw FamilyFields.fault("'read' is false or a key")
        }
        prefixes = try fields.list("prefixes") { value throws(FormatError) in try Replacement(parsing: value) }
        endings = try fields.list("endings") { value throws(FormatError) in try Replacement(parsing: value) }
        parameters = try fields.list("parameters") { value throws(FormatError) in try Hyperparameter(parsing: value) }
        flags = try fields.list("flags") { value throws(FormatError) in try Flag(parsing: value) }
        config = fields["config"]?.objectValue ?? JSONObject()
        packedConfig = fields["packed_config"]?.objectValue ?? JSONObject()
        metadata = try (fields["metadata"]?.objectValue?.members ?? []).map { member throws(FormatError) in
            guard let value = member.value.boolValue else { throw FamilyFields.fault("'\(member.key)' is no Boolean") }
            return MetadataItem(member.key, .bool(value))
        }
        checks = try fields.list("checks") { value throws(FormatError) in try Check(parsing: value) }
        layerTypePeriod = try fields.optionalText("layer_type_period")
        rope = try fields["rope"].map { value throws(FormatError) in try Rope(parsing: value) }
        pools = fields["pooling"] == .bool(true)
        tensors = try fields.list("tensors") { value throws(FormatError) in try TensorRule(parsing: value) }
        let reasons = try fields.list("dropped") { value throws(FormatError) in try Replacement(parsing: value) }
        dropped = Dictionary(reasons.map { ($0.from, $0.to) }) { first, _ in first }
        droppedPrefixes = try fields.list("dropped_prefixes") { value throws(FormatError) in
            try Replacement(parsing: value)
        }
        knownPatterns = Set(tensors.flatMap(\.forms).flatMap(\.patterns)).union(dropped.keys)
    }
}

extension GGUFConvention.Replacement {
    init(parsing value: JSONValue) throws(FormatError) {
        guard let pair = value.arrayValue?.compactMap(\.stringValue), pair.count == 2 else {
            throw FamilyFields.fault("a pair of strings is needed")
        }
        from = pair[0]
        to = pair[1]
    }
}

extension GGUFConvention.Flag {
    init(parsing value: JSONValue) throws(FormatError) {
        let fields = try FamilyFields(value, knows: ["name", "config", "inverted", "default", "tensor"])
        name = try fields.text("name")
        config = try fields.text("config")
        isInverted = fields["inverted"] == .bool(true)
        standard = fields["default"]?.boolValue
        tensor = try fields.text("tensor")
    }
}

extension GGUFConvention.Check {
    init(parsing value: JSONValue) throws(FormatError) {
        let fields = try FamilyFields(value, knows: ["config", "accepts", "absent", "note"])
        config = try fields.texts("config")
        accepted = fields["accepts"]?.arrayValue ?? []
        absent = fields["absent"]
        note = try fields.optionalText("note")
    }
}

extension GGUFConvention.Rope {
    init(parsing value: JSONValue) throws(FormatError) {
        let fields = try FamilyFields(
            value, knows: ["layer_type", "other_layer_type", "scalings", "type_key", "yarn_truncate"])
        layerType = try fields.optionalText("layer_type")
        otherLayerType = try fields.optionalText("other_layer_type")
        scalings = Set(try fields.texts("scalings"))
        writesType = fields["type_key"] != .bool(false)
        yarnTruncates = fields["yarn_truncate"]?.boolValue
    }
}

extension Hyperparameter {
    init(parsing value: JSONValue) throws(FormatError) {
        let fields = try FamilyFields(
            value,
            knows: [
                "name", "key", "type", "config", "write", "default", "fixed", "fixed_when", "absent", "unsaid", "omit",
                "null",
                "times", "tensor", "optional", "only_read",
            ])
        name = try fields.optionalText("name")
        keys = try fields.texts("key")
        guard let kind = Kind(rawValue: try fields.optionalText("type") ?? Kind.u32.rawValue) else {
            throw FamilyFields.fault("a parameter's type is u32 or f32")
        }
        self.kind = kind
        config = try fields.texts("config")
        written = fields["write"] == nil ? Array(config.prefix(1)) : try fields.texts("write")
        standard = try fields.expression("default")
        unsaid = try fields.expression("unsaid")
        fixed = try fields.expression("fixed")
        fixedCases = try fields.list("fixed_when") { value throws(FormatError) in
            guard let parts = value.arrayValue, parts.count == 3, let name = parts[0].stringValue,
                let number = parts[1].doubleValue, let fixed = parts[2].stringValue
            else { throw FamilyFields.fault("'fixed_when' lists a name, its value and an expression") }
            return (name, number, SizeExpression(fixed))
        }
        absent = fields["absent"]?.doubleValue
        omitted = try fields.expression("omit")
        null = fields["null"]?.doubleValue
        scale = try fields.expression("times")
        if let place = fields["tensor"]?.arrayValue {
            guard place.count == 2, let name = place[0].stringValue, let dimension = place[1].intValue else {
                throw FamilyFields.fault("'tensor' is a name and a dimension")
            }
            tensor = (name, dimension)
        } else {
            tensor = nil
        }
        isOptional = fields["optional"] == .bool(true)
        isOnlyRead = fields["only_read"] == .bool(true)
    }
}

extension TensorRule {
    init(parsing value: JSONValue) throws(FormatError) {
        let fields = try FamilyFields(
            value,
            knows: ["gguf", "from", "shape", "axes", "heads", "transposed", "addend", "f32", "optional", "if"])
        gguf = try fields.text("gguf")
        let forms = fields["from"].map { $0.arrayValue ?? [$0] } ?? []
        self.forms = try forms.map { value throws(FormatError) in try Form(parsing: value) }
        switch self.forms.first {
        case .one, .each: break
        case .part(let part) where part.isInterleaved || part.count == 1: break
        default:
            throw FamilyFields.fault(
                "the first form of '\(gguf)' is one tensor, one for each expert, or rows that take turns with others'")
        }
        shape = try fields.texts("shape").map(SizeExpression.init)
        let axes = try fields.texts("axes")
        self.axes = axes.isEmpty ? shape.map(\.text) : axes
        heads = try fields.expression("heads")
        isTransposed = fields["transposed"] == .bool(true)
        addend = fields["addend"]?.doubleValue.map(Float.init) ?? 0
        // llama.cpp, conversion/base.py: what has one dimension, is a norm's or is no weight.
        staysF32 =
            fields["f32"] == .bool(true) || shape.count < 2 || gguf.hasSuffix("_norm.weight")
            || !gguf.hasSuffix(".weight")
        flag = try fields.optionalText("if")
        isOptional = fields["optional"] == .bool(true)
    }
}

extension TensorRule.Form {
    init(parsing value: JSONValue) throws(FormatError) {
        if let name = value.stringValue {
            self = .one(name)
            return
        }
        let fields = try FamilyFields(
            value, knows: ["joined", "each", "part", "count", "of", "interleaved", "transposed", "packed"])
        if let name = try fields.optionalText("each") {
            self = .each(name)
        } else if let index = fields["part"]?.intValue, let count = fields["count"]?.intValue {
            let part = TensorRule.Part(
                index: index, count: count, pattern: try fields.text("of"),
                isInterleaved: fields["interleaved"] == .bool(true), isTransposed: fields["transposed"] == .bool(true),
                isPacked: fields["packed"] == .bool(true))
            guard index >= 0, index < count, part.isInterleaved || count == 1 || !part.isTransposed else {
                throw FamilyFields.fault("'\(part.pattern)' has no such part")
            }
            self = .part(part)
        } else {
            self = .joined(try fields.texts("joined"))
        }
    }
}
