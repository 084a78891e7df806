/// Migration "v4": what else is known of a changed tensor: shares of its elements, and errors weighted by importance.
enum Version4 {
    static let errors = """
        -- What was counted; NULL for what an older version made.
        ALTER TABLE tensor_error ADD COLUMN element_count INTEGER CHECK (element_count >= 0);
        -- Elements that were not zero and became zero.
        ALTER TABLE tensor_error ADD COLUMN zero_count INTEGER CHECK (zero_count BETWEEN 0 AND element_count);
        -- Elements beyond the range of their block's codes.
        ALTER TABLE tensor_error ADD COLUMN clipped_count INTEGER CHECK (clipped_count BETWEEN 0 AND element_count);
        -- Sums of squares times the importance of the element's column; NULL where no importance was given.
        ALTER TABLE tensor_error ADD COLUMN weighted_squared_error REAL CHECK (weighted_squared_error >= 0);
        ALTER TABLE tensor_error ADD COLUMN weighted_squared_reference REAL CHECK (weighted_squared_reference >= 0);
        ALTER TABLE tensor_error ADD COLUMN weighted_relative_rmse REAL CHECK (weighted_relative_rmse >= 0);
        -- Over all tensors with importances.
        ALTER TABLE derivation ADD COLUMN weighted_relative_rmse REAL CHECK (weighted_relative_rmse >= 0);
        """

    /// The view of "v3", with the columns that came since at its end.
    static let artifactSummary = Version3.artifactSummary.replacing(
        "a.reading AS reading",
        with: """
            a.reading AS reading,
                (SELECT d.weighted_relative_rmse FROM derivation AS d
                 WHERE d.child_id = a.id AND d.relative_rmse IS NOT NULL ORDER BY d.id LIMIT 1) AS weighted_rel_rmse
            """)

    /// The views of "v3", with the columns that came since at their end.
    static let tensorSummary = Version3.tensorSummary.replacing(
        "t.name AS stored_name",
        with: """
            t.name AS stored_name,
                1.0 * e.zero_count / nullif(e.element_count, 0) AS share_zero,
                1.0 * e.clipped_count / nullif(e.element_count, 0) AS share_clipped,
                e.weighted_relative_rmse AS weighted_rel_rmse,
                e.weighted_squared_error AS weighted_squared_error,
                e.weighted_squared_reference AS weighted_squared_reference
            """)
}
