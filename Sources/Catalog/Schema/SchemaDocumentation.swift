/// What the public views and their columns mean, for `ingot sql --schema`. A test compares them with the views.
enum SchemaDocumentation {
    struct Named {
        let name: String
        let meaning: String
    }

    struct View {
        let name: String
        let meaning: String
        /// The interface version in which it came.
        let since: Int
        let columns: [Named]

        init(
            _ name: String, _ meaning: String, since: Int = CatalogSchema.interfaceVersion,
            _ columns: KeyValuePairs<String, String>
        ) {
            self.name = name
            self.meaning = meaning
            self.since = since
            self.columns = columns.map { Named(name: $0.key, meaning: $0.value) }
        }
    }

    /// In the order in which they are best read.
    static let views =
        [
            artifactSummary, tensorSummary, lineage, resultSummary, fileSummary, storedTensorSummary, blobSummary,
            exportSummary, exportTensorSummary, artifactName, artifactLabel, tagHistory, jobSummary,
        ] + runViews + searchViews

    private static let artifactMeaning = "shortest name that finds the artifact"

    private static let artifactSummary = View(
        "artifact_summary", "one row for each name of an artifact, and one for an artifact without a name", since: 1,
        [
            "name": "model, or owner/model; NULL without a name",
            "tag": "'latest' under the bare name; NULL where only a version or the digest finds it",
            "version": "N of name@vN; NULL for what was never registered under the bare name",
            "kind":
                "checkpoint (also what was registered without a kind), quantized, pruned, distilled, cast, merged, repacked",
            "origin": "imported, or derived: made here from a parent",
            "scheme": "how its weights are stored: bf16, bnb-nf4-dq, gguf-q4_k_m ...",
            "format": "file format of its weights: safetensors ...",
            "digest": "SHA-256 over its files' paths and digests, and its tensors where 'reading' is set: its identity",
            "weights_digest": "SHA-256 over its tensors: equal for equal weights, in one file or forty",
            "architecture": "model class of its configuration",
            "parameters": "numbers it has learned, tied ones once",
            "logical_bytes": "bytes of its files",
            "stored_bytes": "bytes on disk, shared ones counted whole",
            "unique_bytes": "bytes that deleting it alone would free; what two share counts for neither",
            "bits_per_weight": "8 x weight_bytes / parameters",
            "rel_rmse": "sqrt(sum of squared errors / sum of squared weights), changed tensors against the parent",
            "license": "as the model card in its files says, which a variant has from its parent; NULL without one",
            "created_at": "when it entered the catalog, UTC",
            "model_type": "family of its configuration",
            "layers": "hidden layers",
            "hidden_size": "width of the residual stream",
            "intermediate_size": "width of the feed-forward layers",
            "heads": "attention heads",
            "key_value_heads": "attention heads of keys and values",
            "vocabulary_size": "tokens of its vocabulary",
            "context_length": "longest context, in tokens",
            "weight_bytes": "bytes of its weights with their scales, tied ones once",
            "base_model": "what its model card says it was made from",
            "source_path": "where it was registered from",
            "files": "number of its files",
            "tensors": "number of its tensors; a quantized one with its scales is one",
            "quantization": "how its weights are quantized, in words; NULL for plain ones",
            "reading": "options that gave other tensors than the usual reading of its files; NULL for that",
            "weighted_rel_rmse":
                "rel_rmse with each square times its column's importance; NULL where no importance was given",
            "evicted_blobs": "byte strings of it that were evicted: they are derived again when needed",
            "source_repository": "where it was published, such as owner/name on a hub",
            "source_revision": "commit or manifest of that place",
            "artifact": "the row's name as it is typed: tiny-llama, tiny-llama:nf4, tiny-llama@v1, @0123456789ab",
        ])

    private static let tensorSummary = View(
        "tensor_summary", "one row for each logical tensor; a quantized weight with its scales is one", since: 1,
        [
            "artifact": artifactMeaning,
            "artifact_digest": "digest of the artifact",
            "file": "path of the file that holds it",
            "name": "its name as the model means it: x.weight, also where the file says x.qweight",
            "dtype": "stored element type: BF16, U8 ...",
            "scheme": "how it is quantized; NULL when it is not",
            "shape": "JSON array, outermost dimension first; of the logical tensor",
            "parameters": "numbers it has learned; 0 for the second of tied tensors",
            "bytes": "stored bytes, with its scales",
            "bits_per_weight": "8 x bytes / parameters",
            "digest": "SHA-256 of its stored bytes",
            "minimum": "least finite stored element",
            "maximum": "greatest finite stored element",
            "absolute_maximum": "greatest finite magnitude",
            "mean": "mean of the finite elements",
            "standard_deviation": "population standard deviation of the finite elements",
            "zero_fraction": "share of zeros, 0 to 1",
            "nan_count": "NaN elements; NULL when the numbers were not looked at",
            "infinity_count": "infinite elements",
            "rel_rmse": "sqrt(squared_error / squared_reference) against the parent; NULL when unchanged",
            "cosine": "cosine between it and its parent",
            "snr_db": "signal to noise against the parent, in dB; NULL when infinite",
            "maximum_error": "greatest difference from the parent",
            "squared_error": "sum of squared differences from the parent",
            "squared_reference": "sum of squares of the parent",
            "position": "its place in the artifact, from 0",
            "bits": "bits of one code; NULL when it is not quantized",
            "group_size": "neighbors in a row that share a scale; NULL where rows, blocks or the tensor do",
            "stored_name": "name of the stored tensor that holds it, or its codes",
            "share_zero": "share of its elements that became zero and were not, 0 to 1; NULL when not counted",
            "share_clipped": "share of its elements beyond the range of their block's codes; NULL when not counted",
            "weighted_rel_rmse": "sqrt(weighted_squared_error / weighted_squared_reference)",
            "weighted_squared_error":
                "sum of squared differences, each times its column's importance; NULL without importances",
            "weighted_squared_reference": "sum of squares of the parent, each times its column's importance",
        ])

    private static let lineage = View(
        "lineage", "one row for each parent of each derivation", since: 1,
        [
            "child": "shortest name that finds what was made",
            "parent": "shortest name that finds what it was made from",
            "role": "base, teacher, calibration or adapter",
            "recipe": "JSON; NULL for what was made elsewhere",
            "tool": "program that made it",
            "tool_version": "its version",
            "host": "machine",
            "created_at": "when it entered the catalog, UTC",
            "seconds": "how long it took",
            "rel_rmse": "error of all changed tensors against the base parent",
            "recipe_digest": "digest of the recipe: equal for equal recipes",
            "child_digest": "digest of the child",
            "parent_digest": "digest of the parent, also when it is forgotten",
            "proven_at": "when the child was derived again and came out the same, UTC; NULL: not yet",
        ])

    private static let resultSummary = View(
        "result_summary", "one row for each measurement", since: 1,
        [
            "artifact": "shortest name that finds the artifact, or the beginning of its digest",
            "digest": "digest of the artifact: join it with artifact_summary.digest",
            "task": "what was done",
            "metric": "what was counted",
            "value": "the number; NULL when it is none",
            "unit": "its unit",
            "stderr": "standard error",
            "higher_is_better": "1 or 0; NULL when unknown",
            "samples": "number of samples",
            "dataset": "data it was measured on",
            "dataset_digest": "digest of the data",
            "tool": "program that measured",
            "tool_version": "its version",
            "host": "machine",
            "time": "when it was measured, UTC",
            "value_text": "nan, inf or -inf when the value is no finite number",
            "source_digest": "digest of the file it was imported from",
            "extra": "whatever else is known, JSON",
            "prompt_digest": "digest of the prompts that were asked, where the tool tells it",
            "cpu": "processor of the machine",
            "cores": "its processor cores",
            "memory_bytes": "its memory",
            "gpu": "its accelerators",
            "os": "its operating system",
        ])

    private static let fileSummary = View(
        "file_summary", "one row for each file of each artifact", since: 1,
        [
            "artifact": artifactMeaning,
            "artifact_digest": "digest of the artifact",
            "path": "path within the artifact",
            "role": "weights, config, tokenizer ...",
            "bytes": "length",
            "digest": "SHA-256 of the file, as sha256sum prints it",
            "segments": "pieces it is made of",
            "tensors": "stored tensors it holds, scales and code tables too",
        ])

    private static let storedTensorSummary = View(
        "stored_tensor_summary", "one row for each tensor as files hold it, scales and code tables too", since: 1,
        [
            "artifact": artifactMeaning,
            "artifact_digest": "digest of the artifact",
            "file": "path of the file that holds it",
            "name": "its name in the file",
            "dtype": "stored element type",
            "shape": "JSON array, as stored",
            "elements": "number of stored elements",
            "byte_offset": "where it begins in the file",
            "bytes": "stored bytes",
            "digest": "SHA-256 of its bytes",
            "part_of": "name of the quantized tensor it belongs to; NULL when it stands alone",
            "part_role": "what it is to that tensor: absmax, quant_map ...",
            "position": "its place in the artifact, from 0",
        ])

    private static let blobSummary = View(
        "blob_summary", "one row for each byte string that files are made of", since: 1,
        [
            "digest": "SHA-256 of its bytes, and its file's name in the store",
            "storage":
                "raw, coded (compressed), reference for a file left where it is, or evicted: derived again when needed",
            "bytes": "length",
            "stored_bytes": "bytes in the store; 0 for a reference and for an evicted one",
            "artifacts": "number of artifacts that share it",
            "reference_path": "where the referenced file is",
            "base_digest": "the blob that it is stored as the difference from; NULL when it stands alone",
            "depth": "differences until bytes that stand alone",
            "verified_at": "when its bytes were last compared with its digest, UTC; NULL: not since it was stored",
            "problem": "what was wrong with them then; NULL: nothing",
        ])

    private static let exportSummary = View(
        "export_summary", "one row for each export that wrote another format or dtype", since: 2,
        [
            "export": "its number",
            "artifact": "shortest name that finds the artifact; NULL once it is forgotten",
            "artifact_digest": "digest of the artifact",
            "format": "file format that was written",
            "destination": "folder or file that was written",
            "options": "what was asked for, JSON",
            "exported_digest": "digest of the written files, as of an artifact",
            "bytes": "bytes that were written",
            "dropped": "tensors that the format's convention leaves out",
            "overflows": "numbers too large for the new dtype",
            "underflows": "numbers that became zero",
            "tool_version": "version of ingot",
            "exported_at": "when, UTC",
        ])

    private static let exportTensorSummary = View(
        "export_tensor_summary", "one row for each tensor that an export dropped or cast", since: 2,
        [
            "export": "number of the export",
            "name": "its name: in the exported files, of a dropped one in the artifact",
            "outcome": "dropped, cast or widened",
            "reason": "why",
            "from_type": "its type in the artifact",
            "to_type": "its type in the exported files",
            "overflows": "numbers too large for the new dtype",
            "underflows": "numbers that became zero",
            "subnormals": "numbers that became subnormal",
            "nans": "NaN",
            "infinities": "infinite numbers",
        ])

    private static let artifactName = View(
        "artifact_name", "one row for each name", since: 1,
        [
            "artifact_id": "key of the artifact in this file",
            "name": "model, or owner/model",
            "tag": "NULL where only the version names it",
            "version": "N of name@vN",
            "moved_at": "when the tag came to point here, UTC",
        ])

    private static let artifactLabel = View(
        "artifact_label", "one row for each artifact", since: 1,
        [
            "artifact_id": "key of the artifact in this file",
            "digest": "digest of the artifact",
            "artifact": artifactMeaning,
        ])

    private static let tagHistory = View(
        "tag_history", "one row for each move of a tag, oldest first by move", since: 1,
        [
            "move": "its number",
            "name": "model, or owner/model, as it was called then",
            "tag": "the tag",
            "from_digest": "where it pointed; NULL when it was new",
            "to_digest": "where it points since; NULL when it was taken away",
            "moved_at": "when, UTC",
        ])

    private static let jobSummary = View(
        "job_summary", "one row for each act that stored something", since: 1,
        [
            "job": "its number",
            "verb": "register, convert ...",
            "subject": "what it worked on",
            "state": "running, done, failed or interrupted",
            "started_at": "when, UTC",
            "finished_at": "when, UTC; NULL while it runs",
            "process_id": "process that does it",
            "host": "machine",
            "pinned_blobs": "blobs it keeps from being removed",
        ])
}
