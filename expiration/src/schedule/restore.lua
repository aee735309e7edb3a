-- Puts timers that MongoDB knows to be pending back into the index. One that is claimed is in good hands;
-- of two deadlines the earlier wins, since a timer that is looked at too early is merely put back.
--
-- KEYS: deadlines, claimed    ARGV: deadline (ms), id, deadline (ms), id, …
-- Answers: how many timers had been missing or late in the index
local deadlines, claimed = KEYS[1], KEYS[2]
local changed = 0
for i = 1, #ARGV, 2 do
    if not redis.call('ZSCORE', claimed, ARGV[i + 1]) then
        changed = changed + redis.call('ZADD', deadlines, 'LT', 'CH', ARGV[i], ARGV[i + 1])
    end
end
return changed
