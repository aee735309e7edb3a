-- Ends a rebuild: from now on the index is complete, until the key is lost together with the index.
--
-- KEYS: epoch    ARGV: token of the rebuilder, the value that says complete
-- Answers: 1 if the index is complete, 0 if it was lost while it was rebuilt
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
