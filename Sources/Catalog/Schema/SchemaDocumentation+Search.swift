extension SchemaDocumentation {
    /// What artifacts are found by, and what is noted of them.
    static let searchViews = [artifactSearch, noteSummary, cardSummary, catalogView]

    private static let artifactSearch = View(
        "artifact_search",
        "full text, one row for each artifact, an FTS5 table: WHERE artifact_search MATCH 'word* other' ORDER BY rank",
        since: 9,
        [
            "digest": "digest of the artifact: join it with artifact_summary.digest",
            "name": "all its names, with tags and versions",
            "about":
                "kind, scheme, format, architecture, license, base model, and the card's tags, languages, datasets",
            "note": "its notes, a line each",
            "card": "the model card's text; empty when it has none, or it was not read yet",
            "tensor": "names of its tensors, each once, * for the numbers in them: model.layers.*.mlp.up_proj.weight",
        ])

    private static let noteSummary = View(
        "note_summary", "one row for each note that somebody made of an artifact ('ingot note')", since: 9,
        [
            "artifact": "shortest name that finds the artifact, or the beginning of its digest",
            "digest": "digest of the artifact: join it with artifact_summary.digest",
            "note": "the text",
            "written_at": "when, UTC",
            "note_id": "key of the note in this file",
        ])

    private static let cardSummary = View(
        "card_summary", "one row for each artifact with a model card that was read", since: 9,
        [
            "artifact": "shortest name that finds the artifact",
            "digest": "digest of the artifact: join it with artifact_summary.digest",
            "license": "license identifier, as the card says",
            "base_model": "what the card says it was made from",
            "pipeline": "task it is for, such as text-generation",
            "library": "library it is for, such as transformers",
            "languages": "JSON array, such as [\"en\"]: FROM card_summary, json_each(languages)",
            "tags": "the card's own tags, JSON array",
            "datasets": "data it was trained on, JSON array",
        ])

    static let catalogView = View(
        "catalog_view", "one row for each of these views", since: 9,
        [
            "name": "the view",
            "since": "interface version in which it came",
            "interface_version": "version of all views: columns and views are only ever added",
        ])
}
