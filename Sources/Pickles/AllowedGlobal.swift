/// A global that is on the list: something that stands for a tensor, a container or a number. Being on the list means
/// that its meaning is known, never that it is called.
///
/// Sources: PyTorch, `torch/_weights_only_unpickler.py` (the list of what it builds without being asked),
/// `torch/_utils.py` (the rebuild functions) and `torch/jit/_pickle.py`; NumPy, `numpy/_core/multiarray.py`.
package enum AllowedGlobal: Hashable, Sendable {
    /// A dictionary that is empty until something is added to it, or that gets its pairs as an argument.
    case dictionary
    /// A list, a set or another collection of values.
    case collection
    /// A type of plain values: a number, text, bytes.
    case plainType
    /// `_codecs.encode`: bytes, written as text.
    case encode

    /// A tensor over a storage: `_rebuild_tensor`, `_v2`, `_v3`.
    case rebuildTensor(version: Int)
    /// A parameter around a tensor.
    case rebuildParameter
    /// A rebuild function with its arguments, and attributes.
    case rebuildFromType
    /// A tensor that was on another device, around a tensor in main memory.
    case rebuildDeviceTensor
    /// A kind of tensor that is not dense numbers, in words.
    case rebuildOther(String)
    /// A class of tensors or parameters.
    case tensorType
    /// A class of storages, by its name without `Storage`: `BFloat16`.
    case storage(String)
    /// An element type, by PyTorch's name: `bfloat16`.
    case dtype(String)
    /// `torch.Size`: a tuple.
    case size
    /// A device, a memory layout or a quantization scheme: a word about a tensor.
    case attribute

    /// A class of a TorchScript archive.
    case scriptClass
    /// A function of TorchScript that gives its first argument a type.
    case scriptValue

    /// A NumPy number, from a dtype and bytes.
    case numpyScalar
    /// A NumPy array that gets its content as its state.
    case numpyArray
    /// NumPy's array class.
    case numpyArrayType
    /// A NumPy dtype, by its name.
    case numpyDType

    /// What a global stands for; nil when it is not on the list.
    package init?(_ global: PickleGlobal) {
        switch global.module {
        case "collections": self.init(collections: global.name)
        case "builtins", "__builtin__": self.init(builtin: global.name)
        case "_codecs" where global.name == "encode": self = .encode
        case "torch", "torch.cuda": self.init(torch: global.name)
        case "torch._utils": self.init(rebuild: global.name)
        case "torch._tensor" where global.name == "_rebuild_from_type_v2": self = .rebuildFromType
        case "torch.storage": self.init(storage: global.name)
        case "torch.nn.parameter" where ["Parameter", "Buffer"].contains(global.name): self = .tensorType
        case "torch.serialization" where global.name == "_get_layout": self = .attribute
        case "torch.jit._pickle": self.init(script: global.name)
        case "__torch__": self = .scriptClass
        case _ where global.module.hasPrefix("__torch__."): self = .scriptClass
        case "numpy.core.multiarray", "numpy._core.multiarray", "numpy":
            self.init(numpy: global.name, isTop: global.module == "numpy")
        default: return nil
        }
    }

    private init?(collections name: String) {
        switch name {
        case "OrderedDict", "defaultdict", "Counter": self = .dictionary
        default: return nil
        }
    }

    private init?(builtin name: String) {
        switch name {
        case "dict": self = .dictionary
        case "list", "tuple", "set", "frozenset": self = .collection
        case "int", "long", "float", "complex", "bool", "str", "unicode", "bytes", "bytearray": self = .plainType
        default: return nil
        }
    }

    private init?(torch name: String) {
        if Self.dtypes.contains(name) {
            self = .dtype(name)
        } else if Self.attributes.contains(name) {
            self = .attribute
        } else if name == "Size" {
            self = .size
        } else if name == "Tensor" || Self.storages.contains(where: { name == $0 + "Tensor" }) {
            self = .tensorType
        } else {
            self.init(storage: name)
        }
    }

    private init?(storage name: String) {
        guard name.hasSuffix("Storage"), Self.storages.contains(String(name.dropLast(7))) else { return nil }
        self = .storage(String(name.dropLast(7)))
    }

    private init?(rebuild name: String) {
        switch name {
        case "_rebuild_tensor": self = .rebuildTensor(version: 1)
        case "_rebuild_tensor_v2": self = .rebuildTensor(version: 2)
        case "_rebuild_tensor_v3": self = .rebuildTensor(version: 3)
        case "_rebuild_parameter", "_rebuild_parameter_with_state": self = .rebuildParameter
        case "_rebuild_device_tensor_from_cpu_tensor": self = .rebuildDeviceTensor
        case "_rebuild_qtensor": self = .rebuildOther("quantized by PyTorch")
        case "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor": self = .rebuildOther("sparse")
        case "_rebuild_meta_tensor_no_storage": self = .rebuildOther("without content (on the device 'meta')")
        case "_rebuild_wrapper_subclass": self = .rebuildOther("a wrapper around other tensors")
        case "_rebuild_nested_tensor": self = .rebuildOther("nested")
        case "_rebuild_device_tensor_from_numpy": self = .rebuildOther("kept as a NumPy array")
        default: return nil
        }
    }

    private init?(script name: String) {
        switch name {
        case "build_intlist", "build_tensorlist", "build_doublelist", "build_boollist", "restore_type_tag":
            self = .scriptValue
        default: return nil
        }
    }

    private init?(numpy name: String, isTop: Bool) {
        switch (name, isTop) {
        case ("scalar", false): self = .numpyScalar
        case ("_reconstruct", false): self = .numpyArray
        case ("ndarray", true): self = .numpyArrayType
        case ("dtype", true): self = .numpyDType
        default: return nil
        }
    }

    private static let storages: Set<String> = [
        "Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexFloat",
        "ComplexDouble", "QInt8", "QUInt8", "QInt32", "QUInt4x2", "QUInt2x4", "Untyped", "Typed",
    ]
    private static let dtypes: Set<String> = [
        "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32",
        "uint64", "bool", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
        "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "qint8", "quint8", "qint32", "quint4x2", "quint2x4",
    ]
    private static let attributes: Set<String> = [
        "device", "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric",
        "per_channel_affine_float_qparams", "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr",
        "sparse_bsc", "contiguous_format", "channels_last", "channels_last_3d", "preserve_format",
    ]
}
