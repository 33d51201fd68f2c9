/* What GMime finds in messages, one JSON object a line, in the shape that the example compose_samples gives.
 *
 *     gmime FILE... > LINES
 */

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

static void text(const char *octets)
{
    if (octets == NULL) {
        printf("null");
        return;
    }
    putchar('"');
    for (; *octets; octets++) {
        unsigned char octet = (unsigned char)*octets;
        if (octet == '"' || octet == '\\')
            printf("\\%c", octet);
        else if (octet < 0x20)
            printf("\\u%04x", octet);
        else
            putchar(octet);
    }
    putchar('"');
}

static void mailboxes(InternetAddressList *list)
{
    putchar('[');
    for (int at = 0; list && at < internet_address_list_length(list); at++) {
        InternetAddress *address = internet_address_list_get_address(list, at);
        printf(at ? ",{\"name\":" : "{\"name\":");
        text(internet_address_get_name(address));
        printf(",\"address\":");
        text(INTERNET_ADDRESS_IS_MAILBOX(address)
                 ? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address))
                 : NULL);
        putchar('}');
    }
    putchar(']');
}

/* Types go to stdout, leaves to `leaves`: both are walked in one order. */
static void walk(GMimeObject *object, GString *types, GString *leaves)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    char *name = g_mime_content_type_get_mime_type(type);
    g_string_append_printf(types, "%s\"%s\"", types->len ? "," : "", name);
    if (GMIME_IS_MULTIPART(object)) {
        int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));
        for (int at = 0; at < count; at++)
            walk(g_mime_multipart_get_part(GMIME_MULTIPART(object), at), types, leaves);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *inside = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        walk(g_mime_message_get_mime_part(inside), types, leaves);
    } else if (GMIME_IS_PART(object)) {
        GMimeStream *memory = g_mime_stream_mem_new();
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
        if (content)
            g_mime_data_wrapper_write_to_stream(content, memory);
        GByteArray *octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
        const char *file = g_mime_part_get_filename(GMIME_PART(object));
        char *escaped = file ? g_base64_encode((const guchar *)file, strlen(file)) : NULL;
        g_string_append_printf(leaves, "%s{\"type\":\"%s\",\"name_base64\":", leaves->len ? "," : "", name);
        if (escaped)
            g_string_append_printf(leaves, "\"%s\"", escaped);
        else
            g_string_append(leaves, "null");
        g_string_append(leaves, ",\"hex\":\"");
        for (guint at = 0; at < octets->len; at++)
            g_string_append_printf(leaves, "%02x", octets->data[at]);
        g_string_append(leaves, "\"}");
        g_free(escaped);
        g_object_unref(memory);
    }
    g_free(name);
}

int main(int count, char **files)
{
    g_mime_init();
    for (int at = 1; at < count; at++) {
        GMimeStream *stream = g_mime_stream_file_open(files[at], "r", NULL);
        if (stream == NULL) {
            perror(files[at]);
            return 1;
        }
        GMimeParser *parser = g_mime_parser_new_with_stream(stream);
        GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
        if (message == NULL) {
            fprintf(stderr, "%s: no message\n", files[at]);
            return 1;
        }
        char *file = g_path_get_basename(files[at]);
        printf("{\"file\":");
        text(file);
        printf(",\"subject\":");
        text(g_mime_message_get_subject(message));
        printf(",\"from\":");
        mailboxes(g_mime_message_get_from(message));
        printf(",\"to\":");
        mailboxes(g_mime_message_get_to(message));
        GDateTime *date = g_mime_message_get_date(message);
        printf(",\"date\":%lld", date ? (long long)g_date_time_to_unix(date) : -1);
        printf(",\"message_id\":");
        text(g_mime_message_get_message_id(message));
        GString *types = g_string_new(NULL), *leaves = g_string_new(NULL);
        walk(g_mime_message_get_mime_part(message), types, leaves);
        printf(",\"types\":[%s],\"leaves\":[%s]}\n", types->str, leaves->str);
        g_string_free(types, TRUE);
        g_string_free(leaves, TRUE);
        g_free(file);
        g_object_unref(message);
        g_object_unref(parser);
        g_object_unref(stream);
    }
    return 0;
}
