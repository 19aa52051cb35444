-- Logs in as one user after another. Arguments: number of users, password.
local users, body, turn = 1, "", 0
local headers = { ["Content-Type"] = "application/json" }

function init(args)
  users = tonumber(args[1])
  body = '{"username":"user%04d","password":"' .. args[2] .. '"}'
end

function request()
  turn = turn % users + 1
  return wrk.format("POST", nil, headers, body:format(turn))
end
