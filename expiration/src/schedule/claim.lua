-- Takes timers that are due, for a while: they move from `deadlines` to `claimed`, scored with the end of
-- the lease. Claims whose lease has run out belong to a worker that died, and are taken first.
--
-- KEYS: deadlines, claimed, epoch    ARGV: now (ms), end of the lease (ms), limit
-- Answers: {state of the epoch, next deadline (ms, or -1), timers indexed, {id, …}}
local deadlines, claimed, epoch = KEYS[1], KEYS[2], KEYS[3]
local now, lease_ends, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])

local ids = redis.call('ZRANGEBYSCORE', claimed, '-inf', now, 'LIMIT', 0, limit)
local due = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, limit - #ids)
if #due > 0 then
    redis.call('ZREM', deadlines, unpack(due))
end
for _, id in ipairs(due) do
    ids[#ids + 1] = id
end
for _, id in ipairs(ids) do
    redis.call('ZADD', claimed, lease_ends, id)
end

local first = redis.call('ZRANGE', deadlines, 0, 0, 'WITHSCORES')
local next_deadline = first[2] and tonumber(first[2]) or -1
local indexed = redis.call('ZCARD', deadlines) + redis.call('ZCARD', claimed)
return {redis.call('GET', epoch) or '', next_deadline, indexed, ids}
