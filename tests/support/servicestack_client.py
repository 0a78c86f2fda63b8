"""What a program with the packaged ServiceStack client does, told as JSON for the test that runs it."""

import io
import json
import sys

from servicestack import Authenticate, GetAccessToken, JsonServiceClient, UploadFile, WebServiceException

url, username, password, two_step_username, two_step_password, recovery_code = sys.argv[1:]


def client(base_path="api"):
    new = JsonServiceClient(url)
    new.set_base_path(base_path)
    return new


def sign_in(**changes):
    fields = {"provider": "credentials", "user_name": username, "password": password}
    return Authenticate(**{**fields, **changes})


def with_cookies_of_a_sign_in():
    new = client()
    new.post(sign_in())
    return new


def exception(work):
    try:
        work()
    except WebServiceException as error:
        return error
    return None


def failure(work):
    error = exception(work)
    if error is not None:
        status = error.response_status
        return {
            "code": error.status_code,
            "errorCode": status.error_code,
            "message": status.message,
            "fields": [field.field_name for field in status.errors or []],
            "type": str(error.type),
        }
    return None


told = {}
for base_path in ["api", None]:
    response = client(base_path).post(sign_in())
    told[f"post {base_path}"] = response.user_name
told["send"] = client().send(sign_in()).user_name
told["post_url"] = client().post_url("/auth/credentials", sign_in()).user_name
told["send_all"] = [each.user_name for each in client().send_all([sign_in(), sign_in()])]

with_basic = client()
with_basic.set_credentials(username, password)
told["basic"] = with_basic.post(Authenticate()).user_name

signed_in = client().post(sign_in())
with_bearer = client()
with_bearer.bearer_token = signed_in.bearer_token
told["bearer"] = with_bearer.get(Authenticate()).user_name

with_refresh = client()
with_refresh.bearer_token = "stale.bearer.token"
with_refresh.refresh_token = signed_in.refresh_token
told["refreshed"] = with_refresh.get(Authenticate()).user_name
told["refreshed token"] = with_refresh.bearer_token not in (None, "stale.bearer.token")

with_cookies = client()
with_cookies.post(sign_in())
told["cookies"] = with_cookies.get(Authenticate()).user_name
with_cookies.post(Authenticate(provider="logout"))
told["after logout"] = failure(lambda: with_cookies.get(Authenticate()))

told["wrong password again"] = failure(lambda: with_cookies_of_a_sign_in().post(sign_in(password="wrong")))
with_wrong_basic = client()
with_wrong_basic.set_credentials(username, "wrong")
told["wrong basic"] = failure(lambda: with_wrong_basic.post(Authenticate()))
told["get"] = failure(lambda: client().get(sign_in()))
told["form"] = client().post_file_with_request(sign_in(), UploadFile("x.txt", "x.txt", "text/plain", io.BytesIO(b"x"))).user_name
one_way = client()
one_way.send_all_oneway([sign_in()])
told["one way"] = one_way.get(Authenticate()).user_name
cookies_only = client()
response = cookies_only.post(sign_in(use_token_cookie=True))
told["cookies only"] = [response.bearer_token, cookies_only.get(Authenticate()).user_name]
told["unknown"] = failure(lambda: client().post(Authenticate(provider="github", access_token="t")))
other = client()
other.bearer_token = "stale.bearer.token"
other.refresh_token = signed_in.refresh_token
told["other API"] = json.loads(other.get_url("/auth/me", str))["username"]

in_two_steps = client()
refused = exception(lambda: in_two_steps.post(sign_in(user_name=two_step_username, password=two_step_password)))
meta = refused.response_status.meta
told["second step"] = {"code": refused.status_code, "errorCode": refused.response_status.error_code}
told["methods of the second step"] = meta["methods"]
going_on = {"mfaToken": meta["mfaToken"], "otp": recovery_code}
response = in_two_steps.post(sign_in(user_name=two_step_username, password=None, meta=going_on))
told["after the second step"] = [response.user_name, in_two_steps.get(Authenticate()).user_name]

told["wrong password"] = failure(lambda: client().post(sign_in(password="wrong")))
told["empty"] = failure(lambda: client().post(Authenticate(provider="credentials")))
told["bad refresh"] = failure(lambda: client().post(GetAccessToken(refresh_token="Invalid.Refresh.Token")))
json.dump(told, sys.stdout)
