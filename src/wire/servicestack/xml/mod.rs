//! XML as .NET's `DataContractSerializer` writes it; read more leniently than that reads.
//!
//! Elements are found in any order, any case and any namespace. There are no DTDs and so no
//! entities but the five of XML itself.

mod read;
mod write;

pub use read::read;
pub use write::write;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::document::bounds::MAX_VALUES;
    use crate::wire::document::{MAX_DEPTH, Malformed};

    #[test]
    fn a_request_as_dotnet_writes_it_is_read() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
            <Authenticate xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
            xmlns=\"http://schemas.servicestack.net/types\"><provider>credentials</provider>\
            <UserName>a&amp;b &#x41;</UserName><Password> p </Password>\
            <RememberMe>true</RememberMe><AccessToken i:nil=\"true\"/><ErrorView/>\
            <Meta xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
            <d2p1:KeyValueOfstringstring><d2p1:Key>ignore</d2p1:Key><d2p1:Value>jwt</d2p1:Value>\
            </d2p1:KeyValueOfstringstring><d2p1:KeyValueOfstringstring><d2p1:Key>k</d2p1:Key>\
            <d2p1:Value/></d2p1:KeyValueOfstringstring></Meta></Authenticate>";
        let value = json!({
            "provider": "credentials", "UserName": "a&b A", "Password": " p ", "RememberMe": "true",
            "AccessToken": null, "ErrorView": "", "Meta": {"ignore": "jwt", "k": ""},
        });
        assert_eq!(read(text), Ok(value));
    }

    #[test]
    fn namespaces_comments_and_layout_do_not_matter() {
        let text = "\u{feff}<!-- x --><a:q xmlns:a='urn:x'>\n  <a:userName>u</a:userName>\n  \
            <PASSWORD><![CDATA[<&]]>x</PASSWORD>\n</a:q>\n";
        assert_eq!(read(text), Ok(json!({"userName": "u", "PASSWORD": "<&x"})));
        assert_eq!(read("<Authenticate/>"), Ok(json!({})));
        assert_eq!(read("<Authenticate>\n</Authenticate>"), Ok(json!({})));
    }

    #[test]
    fn there_are_no_document_types() {
        let laughs = "<!DOCTYPE x [<!ENTITY a \"b\">]><x><y>&a;</y></x>";
        assert_eq!(
            read(laughs),
            Err(Malformed::syntax("it has a document type"))
        );
        assert!(read("<x><y>&a;</y></x>").is_err());
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "",
            "x",
            "<x>",
            "<x></y>",
            "<x/><y/>",
            "<x/>y",
            "</x>",
            "<x>&#x110000;</x>",
            "<x><y></x></y>",
            "<x",
            "<!",
            "&amp;",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            read(&nested(MAX_DEPTH + 1)),
            Err(Malformed::syntax("it nests too deep"))
        );
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_VALUES));
        assert_eq!(
            read(&many),
            Err(Malformed::syntax("it has too many values"))
        );
    }

    /// Quadratic work on these would keep the test suite waiting for minutes.
    #[test]
    fn a_mebibyte_of_anything_is_read_or_refused() {
        for piece in [
            "<",
            ">",
            "&",
            "&amp;",
            "<a>",
            "<a/>",
            "</a>",
            "<![CDATA[",
            "<!--",
            "<?a",
            "a=''",
            " ",
            "x",
            "<a b='",
            " a='x'",
            " b",
            "]]>",
            "\u{feff}",
        ] {
            let mebibyte = piece.repeat(1_048_576 / piece.len());
            for head in ["", "<x>", "<x ", "<x y='"] {
                let _ = read(&format!("{head}{mebibyte}"));
                let _ = read(&format!("{head}{mebibyte}></x>"));
            }
        }
    }

    /// A check for repeated attributes would compare each of these with every other.
    #[test]
    fn a_hundred_thousand_attributes_are_read() {
        let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
        let text = format!("<x><y{attributes} i:nil='true'/></x>");
        assert_eq!(read(&text), Ok(json!({"y": null})));
    }

    #[test]
    fn an_answer_is_written_as_dotnet_writes_it() {
        let members = json!({
            "userId": "1", "bearerToken": null, "roles": ["Admin", "a<b"], "permissions": [],
            "responseStatus": {"errorCode": "E", "errors": [{"fieldName": "UserName", "meta": null}]},
            "meta": {"k": "v&\r\n\u{1}"},
        });
        let text = write("AuthenticateResponse", members.as_object().unwrap());
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <AuthenticateResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns=\"http://schemas.servicestack.net/types\">\
             <UserId>1</UserId><BearerToken i:nil=\"true\"/>\
             <Roles xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
             <d2p1:string>Admin</d2p1:string><d2p1:string>a&lt;b</d2p1:string></Roles>\
             <Permissions xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
             </Permissions>\
             <ResponseStatus><ErrorCode>E</ErrorCode><Errors><ResponseError>\
             <FieldName>UserName</FieldName><Meta i:nil=\"true\"/></ResponseError></Errors>\
             </ResponseStatus>\
             <Meta xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
             <d2p1:KeyValueOfstringstring><d2p1:Key>k</d2p1:Key>\
             <d2p1:Value>v&amp;&#13;\n\u{fffd}</d2p1:Value></d2p1:KeyValueOfstringstring></Meta>\
             </AuthenticateResponse>"
        );
    }

    proptest! {
        #[test]
        fn text_survives_writing_and_reading(
            string in "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]*",
            key in "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]+",
        ) {
            let written = json!({ "userName": string, "meta": { key.clone(): string } });
            let text = write("Authenticate", written.as_object().unwrap());
            prop_assert_eq!(read(&text), Ok(json!({ "UserName": string, "Meta": { key: string } })));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", marks in "[<>/&;!?\\[\\]\"'= ax#-]*") {
            let _ = (read(&text), read(&marks), read(&format!("<a>{marks}")));
        }
    }
}
