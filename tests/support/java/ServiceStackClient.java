// What a program with the packaged ServiceStack client for Java does, told as JSON for the test that runs it.

import java.lang.reflect.Method;
import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.CookieStore;
import java.net.HttpCookie;
import java.net.URI;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.Gson;
import net.servicestack.client.IReturn;
import net.servicestack.client.JsonServiceClient;
import net.servicestack.client.WebServiceException;

public class ServiceStackClient {
    // DTOs as the generator writes them; the older client brings no GetAccessToken.

    public static class Authenticate implements IReturn<AuthenticateResponse> {
        public String provider;
        public String userName;
        public String password;
        public Object getResponseType() { return AuthenticateResponse.class; }
    }

    public static class AuthenticateResponse {
        public String userName;
        public String bearerToken;
        public String refreshToken;
        public Date refreshTokenExpiry;
    }

    public static class GetAccessToken implements IReturn<GetAccessTokenResponse> {
        public String refreshToken;
        public Object getResponseType() { return GetAccessTokenResponse.class; }
    }

    public static class GetAccessTokenResponse {
        public String accessToken;
    }

    public static class Me {
        public String username;
    }

    static String url;
    static String user;
    static String password;
    static JsonServiceClient client;
    static int requests;
    static final Map<String, Object> told = new LinkedHashMap<>();

    public static void main(String[] arguments) throws Exception {
        url = arguments[0];
        user = arguments[1];
        password = arguments[2];
        client = new JsonServiceClient(url);
        client.RequestFilter = request -> requests++;

        AuthenticateResponse signedIn = signIn();
        told.put("signed in", signedIn.userName);
        told.put("bearer token", signedIn.bearerToken);
        told.put("refresh token expiry", signedIn.refreshTokenExpiry.getTime());
        told.put("cookie header", String.join("; ", CookieHandler.getDefault().get(URI.create(url + "/auth"), Map.of()).get("Cookie")));
        told.put("known by cookies", client.get(new Authenticate()).userName);

        String before = cookie("ss-tok");
        client.post(new GetAccessToken());
        told.put("refreshed", !before.equals(cookie("ss-tok")));
        told.put("known after the refresh", client.get(new Authenticate()).userName);
        told.put("refreshed token", cookie("ss-tok"));

        List<HttpCookie> kept = List.copyOf(cookies().getCookies());
        signOut();
        told.put("cookies after sign-out", cookies().getCookies().size());
        told.put("after sign-out", failure(() -> client.get(new Authenticate())));

        for (HttpCookie cookie : kept) cookies().add(URI.create(url), cookie);
        told.put("dead refresh token", failure(() -> client.post(new GetAccessToken())));
        // The newer client refreshes by itself at a 401. This path reads no cookie, so it answers that.
        requests = 0;
        told.put("with dead cookies", failure(() -> client.get("/auth/me", Me.class)));
        told.put("requests with dead cookies", requests);

        client.clearCookies();
        told.put("refreshes by itself", refreshesByItself());
        System.out.print(new Gson().toJson(told));
    }

    static AuthenticateResponse signIn() {
        Authenticate request = new Authenticate();
        request.provider = "credentials";
        request.userName = user;
        request.password = password;
        return client.post(request);
    }

    static void signOut() {
        Authenticate request = new Authenticate();
        request.provider = "logout";
        client.post(request);
    }

    /** Who is known at the other API with a refresh token alone; null of the client that has none. */
    static String refreshesByItself() throws Exception {
        Method setRefreshToken;
        try {
            setRefreshToken = JsonServiceClient.class.getMethod("setRefreshToken", String.class);
        } catch (NoSuchMethodException older) {
            return null;
        }
        String refreshToken = signIn().refreshToken;
        client.clearCookies();
        setRefreshToken.invoke(client, refreshToken);
        Me me = client.get("/auth/me", Me.class);
        return me.username;
    }

    static CookieStore cookies() {
        return ((CookieManager) CookieHandler.getDefault()).getCookieStore();
    }

    static String cookie(String name) {
        return cookies().getCookies().stream().filter(cookie -> cookie.getName().equals(name)).findFirst().orElseThrow().getValue();
    }

    static Map<String, Object> failure(Runnable work) {
        try {
            work.run();
            return null;
        } catch (WebServiceException error) {
            return Map.of("code", error.getStatusCode(), "errorCode", String.valueOf(error.getErrorCode()));
        } catch (RuntimeException error) {
            // The newer client wraps what became of its own refresh.
            WebServiceException cause = (WebServiceException) error.getCause();
            return Map.of("type", error.getClass().getSimpleName(), "code", cause.getStatusCode(), "errorCode", String.valueOf(cause.getErrorCode()));
        }
    }
}
