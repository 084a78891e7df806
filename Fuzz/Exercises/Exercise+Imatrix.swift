import Bytes
import Formats

extension Exercise {
    /// An imatrix of either form: every value is read, and each is a finite number from 0 on.
    static let imatrix = Exercise("imatrix") { file in
        let matrix = try ImportanceMatrix(reading: file)
        for entry in matrix.entries {
            let importance = try matrix.importance(of: entry)
            try expect(importance.count == entry.valueCount, "'\(entry.name)' has \(importance.count) importances")
            try expect(importance.allSatisfy { $0 >= 0 && $0.isFinite }, "an importance of '\(entry.name)' is none")
        }
        return matrix
    } check: { matrix, file in
        let isRecognized = try ImportanceMatrix.recognizes(file)
        try expect(isRecognized, "a sound file is not recognized")
        let shapes = matrix.entries.map { entry in
            let experts = entry.expertCount ?? 1
            return (name: entry.name, shape: [experts, 1, entry.valueCount / experts])
        }
        try matrix.check(against: shapes)
        for (entry, tensor) in zip(matrix.entries, shapes) {
            let found = try matrix.importance(ofGGUF: tensor.name, shape: tensor.shape)
            try expect(found?.count == entry.valueCount, "'\(entry.name)' is not found by its name")
        }
    }
}
