-- Begins to rebuild the index, unless it is complete or somebody else is at it. The right to do so ends by
-- itself, so a rebuild that dies is begun again by another worker.
--
-- KEYS: epoch    ARGV: token of the rebuilder, how long it may go without a sign of life (ms)
-- Answers: 1 if the caller is to rebuild, else 0
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
