-- Refreshes sessions: each answer's token is used for a later request, none by two at a time.
-- Argument: a file with one refresh token a line, one more than connections (wrk asks for one
-- request before the first, to look at it).
local tokens, first, last = {}, 1, 0
local headers = { ["Content-Type"] = "application/json" }

local function give(token)
  last = last + 1
  tokens[last] = token
end

function init(args)
  for line in io.lines(args[1]) do
    give(line)
  end
end

function request()
  local token = tokens[first] or "none-left"
  tokens[first] = nil
  first = first + 1
  return wrk.format("POST", nil, headers, '{"refresh_token":"' .. token .. '"}')
end

function response(status, _, body)
  if status == 200 then
    give(body:match('"refresh_token"%s*:%s*"([^"]+)"'))
  end
end
