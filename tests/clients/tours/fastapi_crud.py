"""fastapi-crud, with a generated client (see tour.py)."""

EMAIL, PASSWORD = "gen@example.com", "velvet Nineteen orbit"


def walk(tour):
    m, anybody = tour.models, tour.anybody()
    body = m.UserCreate(name="Gen", email=EMAIL, password=PASSWORD)
    made = tour.call("create_user_users_post", anybody, m.User, body=body)
    assert (made.name, made.email) == ("Gen", EMAIL)
    tour.refused("create_user_users_post", 409, anybody, body=body)

    login = m.UserLoginForm(username=EMAIL, password=PASSWORD)
    token = tour.call("login_login_post", anybody, m.Token, body=login)
    assert token.token_type == "bearer"
    wrong = m.UserLoginForm(username=EMAIL, password="not this one")
    tour.refused("login_login_post", 401, anybody, body=wrong)

    me = tour.bearer(token.access_token)
    assert tour.call("current_user_current_user_get", me, m.User) == made
    assert made in tour.call("get_users_users_get", me, m.User, limit=50)
    assert tour.call("get_user_users_id_get", me, m.User, id=made.id) == made
    tour.refused("get_user_users_id_get", 404, me, id=999_999)

    body = m.ProductCreate(name="Engine", price=12.5)
    engine = tour.call("create_product_product_post", me, m.Product, body=body)
    assert (engine.price, engine.description) == (12.5, None)
    assert engine in tour.call("get_products_product_get", me, m.Product)
    assert tour.call("get_product_product_id_get", me, m.Product, id=engine.id) == engine
    body = m.ProductCreate(name="", price=12.5)
    fault = tour.refused("create_product_product_post", 422, me, body=body).detail[0]
    assert fault.loc == ["body", "name"]
    tour.refused("get_products_product_get", 401, tour.bearer("x.y.z"))
