-- Tensors of a variant that lost most by its conversion, the worst first.
-- :name   the variant, such as tiny-llama:nf4
-- :limit  how many (default 20)
SELECT name, scheme, shape, rel_rmse, snr_db, maximum_error
FROM tensor_summary
WHERE artifact = :name AND rel_rmse IS NOT NULL
ORDER BY rel_rmse DESC, name
LIMIT :limit;
