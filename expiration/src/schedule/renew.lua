-- A sign of life of the rebuilder. If the token is gone, so is what was indexed: Redis lost its data again.
--
-- KEYS: epoch    ARGV: token of the rebuilder, how long it may go without the next one (ms)
-- Answers: 1 if the rebuild may go on, else 0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
